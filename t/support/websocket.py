"""A backend that agrees to every upgrade and then sends back each byte that it is sent.

It speaks no WebSocket frames: to nginx, what follows an upgrade is a stream of bytes."""

import base64
import hashlib
import socketserver
import threading

from support.connection import Connection

SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
PASS = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"


def accepted(key=KEY):
    """Sec-WebSocket-Accept (RFC 6455 section 1.3)."""
    return base64.b64encode(hashlib.sha1(key.encode() + SUFFIX).digest()).decode()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        lines = [line.decode("latin-1").strip() for line in iter(self.rfile.readline, b"\r\n")]
        fields = dict(line.split(": ", 1) for line in lines[1:])
        self.server.opened.append({"target": lines[0].split(" ")[1], "headers": list(fields.items())})
        answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.wfile.write(f"{answer}Sec-WebSocket-Accept: {accepted(fields['Sec-WebSocket-Key'])}\r\n\r\n".encode())
        while data := self.connection.recv(65_536):
            self.connection.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class EchoAfterUpgrade:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.opened = []
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def opened(self):
        """Every upgrade that came through, oldest first."""
        return self.server.opened

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Socket:
    """A client's end; `answer` is nginx' answer to the upgrade."""

    def __init__(self, site, target, fields=""):
        self.connection = Connection(site)
        self.connection.send(self.connection.head(target, extra=UPGRADE + fields))
        self.answer = self.connection.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def echo(self, data):
        self.connection.send(data)
        return self.connection.reader.read(len(data))
