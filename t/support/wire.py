"""What a provider may do to an answer on its way: for the order `wire` of fake_provider.

    provider.behave(token={"wire": wire.drips})

Each is a function from the right answer to pieces: bytes to send, seconds to wait, CUT (a reset) or KEEP (the
connection serves on). Without one of these two at the end the connection is closed.
"""

import gzip
import itertools

CUT, KEEP = "cut", "keep"
FOR_EVER = 60
BOMB = gzip.compress(b" " * 50_000_000)  # takes longer than some answers may


def head(status, headers, version="HTTP/1.1"):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{version} {status} Whatever\r\n{lines}\r\n".encode()


def sized(status, headers, body, length=None):
    return head(status, {**headers, "Content-Length": len(body) if length is None else length}) + body


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def chunked_head(status, headers):
    return head(status, {**headers, "Transfer-Encoding": "chunked"})


# Too slow


def hangs_after_its_headers(status, headers, body):
    yield sized(status, headers, b"", len(body))
    yield FOR_EVER


def hangs_in_the_middle(status, headers, body):
    yield sized(status, headers, body[:20], len(body))
    yield FOR_EVER


def drips(status, headers, body):
    yield sized(status, headers, b"", len(body))
    for byte in body:
        yield bytes([byte])
        yield 1


def drips_headers(*_):
    yield b"HTTP/1.1 200 OK\r\nX-Long: "
    while True:
        yield b"x"
        yield 1


# Broken off


def closed_before_the_answer(*_):
    return iter(())


def closed_in_the_headers(status, headers, _):
    yield head(status, headers)[:-8]


def cut_in_the_middle(status, headers, body):
    yield sized(status, headers, body[:20], len(body))
    yield 0.1
    yield CUT


def more_announced_than_sent(status, headers, body):
    yield sized(status, headers, body, len(body) + 10)


def closed_between_chunks(status, headers, body):
    yield chunked_head(status, headers) + chunk(body)


def less_announced_than_sent(status, headers, body):
    yield sized(status, headers, body, len(body) - 10)
    yield KEEP


# Without end


def endless_chunks(status, headers, _):
    yield chunked_head(status, headers)
    yield from itertools.repeat(chunk(b" " * 8192))


def endless_body(status, headers, _):
    yield head(status, headers)
    yield from itertools.repeat(b" " * 8192)


def endless_headers(status, *_):
    yield f"HTTP/1.1 {status} OK\r\n".encode()
    yield from itertools.repeat(b"X-More: " + b"x" * 1000 + b"\r\n")


def endless_header_line(status, *_):
    yield f"HTTP/1.1 {status} OK\r\nX-Long: ".encode()
    yield from itertools.repeat(b"x" * 8192)


def endless_interim_answers(*_):
    yield from itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")


def ten_megabytes(status, headers, body):
    yield sized(status, headers, body + b" " * 10_000_000)


def gzip_bomb(status, headers, _):
    yield sized(status, {**headers, "Content-Encoding": "gzip"}, BOMB)


# Not HTTP, or not as it should be


def zipped(status, headers, body):
    yield sized(status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(body))


def zipped_chunks(status, headers, body):
    yield head(status, {**headers, "Transfer-Encoding": "gzip, chunked"}) + chunk(gzip.compress(body)) + chunk(b"")
    yield KEEP


def another_protocol(*_):
    yield b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


def only_a_body(_, __, body):
    yield body


def two_lengths(status, headers, body):
    yield head(status, {**headers, "Content-Length": len(body), "content-length": 5}) + body


def negative_length(status, headers, body):
    yield sized(status, headers, body, -1)


def chunk_of_no_size(status, headers, body):
    yield chunked_head(status, headers) + b"zz\r\n" + body


def switched_protocols(*_):
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


# Seldom, and right


def in_chunks(status, headers, body):
    yield chunked_head(status, headers) + b"".join(chunk(bytes([one])) for one in body)
    yield b"0\r\nX-Trailer: 1\r\n\r\n"
    yield KEEP


def by_http_1_0(status, headers, body):
    yield head(status, headers, "HTTP/1.0") + body


def until_it_closes(status, headers, body):
    yield head(status, headers) + body


def after_interim_answers(status, headers, body):
    yield b"HTTP/1.1 100 Continue\r\n\r\n"
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 10
    yield sized(status, headers, body)
    yield KEEP


def in_pieces(status, headers, body):
    whole = sized(status, headers, body)
    for begin in range(0, len(whole), 100):
        yield whole[begin : begin + 100]
        yield 0.01
    yield KEEP
