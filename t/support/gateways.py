"""uwsgi and SCGI responders that answer with the parameters they were given, as JSON."""

import json
import socketserver
import struct
import threading


def uwsgi_pairs(stream):
    """A packet of the uwsgi protocol: names and values, each after its length."""
    _, size, _ = struct.unpack("<BHB", stream.read(4))
    data, texts, at = stream.read(size), [], 0
    while at < size:
        (length,) = struct.unpack_from("<H", data, at)
        texts.append(data[at + 2 : at + 2 + length].decode(errors="replace"))
        at += 2 + length
    return list(zip(texts[::2], texts[1::2]))


def scgi_pairs(stream):
    """A netstring of names and values, each with a NUL behind it."""
    size = b"".join(iter(lambda: stream.read(1), b":"))
    texts = stream.read(int(size)).decode(errors="replace").split("\0")
    stream.read(1)  # the comma
    return list(zip(texts[::2], texts[1::2]))


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        pairs = self.server.read_pairs(self.rfile)
        body = self.rfile.read(int(dict(pairs).get("CONTENT_LENGTH") or 0)).decode(errors="replace")
        text = json.dumps({"params": pairs, "body": body})
        self.wfile.write(f"Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{text}".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Gateway:
    def __init__(self, read_pairs):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.read_pairs = read_pairs
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
