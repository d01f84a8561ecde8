"""The HTTP server of the fake provider, which disturbs its answers as it was told to."""

import http.server
import socket
import ssl
import struct
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from support import wire


@dataclass
class Seen:
    """A request that came to the provider."""

    endpoint: str
    method: str
    target: str
    headers: list
    body: str
    certificate: dict | None = None  # of the client, where TLS asked for one

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self):
        return dict(parse_qsl(self.body, keep_blank_values=True))

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.provider.connections.add(self.connection)

    def finish(self):
        self.server.provider.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # nginx gave up, or the test cut the connection

    def serve(self):
        provider = self.server.provider
        endpoint = provider.paths.get(urlsplit(self.path).path, "unknown")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        if endpoint == "token" and "grant_type=refresh_token" in body:
            endpoint = "refresh"
        seen = Seen(endpoint, self.command, self.path, self.headers.items(), body, self.certificate())
        provider.requests.append(seen)
        order = provider.order_for(endpoint)
        if self.disturbed(order):
            return
        answer = provider.answer(seen, order)
        if "wire" in order:
            self.send_pieces(order["wire"](*answer))
        else:
            self.send(*answer)

    do_GET = do_POST = do_HEAD = serve

    def certificate(self):
        return self.connection.getpeercert() or None if isinstance(self.connection, ssl.SSLSocket) else None

    def disturbed(self, order):
        """True when there is nothing to send any more."""
        stopped = self.server.provider.stopped
        if "delay" in order:
            stopped.wait(order["delay"])
        if "until" in order:
            order["until"].wait(60)
        if order.get("hang"):
            stopped.wait(60)
        if order.get("hang") or order.get("reset"):
            self.cut()
            return True
        return False

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def send_pieces(self, pieces):
        stopped = self.server.provider.stopped
        self.close_connection = True
        for piece in pieces:
            if piece == wire.CUT:
                self.cut()
            elif piece == wire.KEEP:
                self.close_connection = False
            elif isinstance(piece, bytes):
                self.wfile.write(piece)
            elif stopped.wait(piece):
                return

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


class ServerOfIPv6(Server):
    address_family = socket.AF_INET6
