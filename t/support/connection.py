"""One connection, with what is sent on it byte for byte: kept alive, pipelined, cut, or read slowly."""

import http.client
import socket
import struct

from support.browser import TIMEOUT, Answer, connect

NAVIGATION = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n"


def chunked(body, size=65_536):
    """The body as HTTP/1.1 sends it when the length is not known before."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def connect_to(address):
    """`address`: a path for a unix socket, (host, port) for IPv4 or IPv6."""
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=TIMEOUT)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(TIMEOUT)
    sock.connect(str(address))
    return sock


class Connection:
    def __init__(self, site, address=None, host=None):
        self.sock = connect_to(address) if address else connect(site.url(), site.authority.file)
        self.reader = self.sock.makefile("rb")
        self.host = host or f"{site.host}:{site.port}"
        self.origin = site.origin
        self.secrets = site.secrets

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Out

    def head(self, target="/", method="GET", extra=NAVIGATION, version="1.1"):
        """A request without its body, as bytes."""
        return f"{method} {target} HTTP/{version}\r\nHost: {self.host}\r\n{extra}\r\n".encode()

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, target="/", method="GET", extra=NAVIGATION, body=b""):
        """One request, one answer; the connection stays."""
        self.send(self.head(target, method, extra) + body)
        return self.answer(method)

    # In

    def answer(self, method="GET"):
        """The next answer, one with status 1xx too."""
        line = self.reader.readline()
        assert line.startswith(b"HTTP/1.1 "), f"no answer begins here: {line[:80]!r}"
        status = int(line.split()[1])
        fields = http.client.parse_headers(self.reader)
        answer = Answer(status, fields.items(), self._body(method, status, fields), self.origin + "/")
        for name, text in answer.new_cookies().items():
            self.secrets.add(f"cookie {name}", text.partition("=")[2].partition(";")[0])
        self.secrets.add_url(answer.location)
        return answer

    def _body(self, method, status, fields):
        if method == "HEAD" or status in (204, 304) or status < 200:
            return b""
        if fields.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.reader.read(int(fields["Content-Length"]) if "Content-Length" in fields else -1)

    def _chunk(self):
        data = self.reader.read(int(self.reader.readline(), 16))
        self.reader.readline()
        return data

    def is_closed(self):
        """nginx has nothing more to say and has closed the connection."""
        return self.reader.read(1) == b""

    # The end

    def close(self):
        self.reader.close()
        self.sock.close()

    def reset(self):
        """Ends it as a client does that crashes."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


def cookie_field(*answers):
    """The Cookie field of a client that was given these answers."""
    cookies = {}
    for answer in answers:
        for text in answer.all("Set-Cookie"):
            name, _, value = text.partition(";")[0].partition("=")
            cookies[name] = value
    return "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()) + "\r\n"


def log_in(site, ask, target="/"):
    """A login where a browser can't go. `ask(target, cookie field)` does one request; the answers to the page,
    to the callback, and the Cookie field of the customer."""
    first = ask(target, "")
    assert site.goes_to_provider(first), f"{first.status} {first.location}"
    back = site.browser().open(first.location, follow=False).location
    site.secrets.add_url(back)
    second = ask("/" + back.split("/", 3)[3], cookie_field(first))
    assert second.status == 302, second.status
    return first, second, cookie_field(first, second)


def session_field(site, browser):
    """The Cookie field of this customer."""
    return f"Cookie: {site.session_cookie}={browser.cookies(site.url())[site.session_cookie]}\r\n"
