"""The site behind nginx: answers every request with what it was sent, as JSON.

A query of accel=/path sends nginx on to that path (X-Accel-Redirect). A request for Upgrade is granted; from then on
it sends back what it gets."""

import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "method": self.command,
            "target": self.requestline.split(" ")[1],  # self.path has lost a leading //
            "headers": self.headers.items(),
            "body": self.rfile.read(length).decode(errors="replace"),
        }
        self.server.seen.append(seen)
        if "Upgrade" in self.headers:
            self.echo()
            return
        body = json.dumps(seen).encode()
        self.send_response(200)
        onwards = parse_qs(urlsplit(seen["target"]).query).get("accel")
        if onwards:
            self.send_header("X-Accel-Redirect", onwards[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def echo(self):
        self.close_connection = True
        self.send_response(101)
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.send_header("Connection", "upgrade")
        self.end_headers()
        while data := self.connection.recv(4096):
            self.connection.sendall(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256  # many come at once


class Backend:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.seen = []
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def seen(self):
        """Every request, oldest first."""
        return self.server.seen

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def header(seen, name):
    """The one field of this name that the backend was sent; None when it was sent none."""
    values = [value for key, value in seen["headers"] if key.lower() == name.lower()]
    assert len(values) < 2, f"{name} came {len(values)} times"
    return values[0] if values else None
