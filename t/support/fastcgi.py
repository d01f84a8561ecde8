"""A FastCGI responder that answers with the parameters it was given, and the body, as JSON (FastCGI 1.0)."""

import json
import socketserver
import struct
import threading

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
HEADER = struct.Struct(">BBHHBx")


def pairs(data):
    """Name-value pairs, in order, duplicates kept."""
    found, at = [], 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            if data[at] < 128:
                sizes.append(data[at])
                at += 1
            else:
                sizes.append(struct.unpack_from(">I", data, at)[0] & 0x7FFFFFFF)
                at += 4
        name, value = data[at : at + sizes[0]], data[at + sizes[0] : at + sum(sizes)]
        at += sum(sizes)
        found.append([name.decode(), value.decode(errors="replace")])
    return found


def record(kind, number, content):
    return HEADER.pack(1, kind, number, len(content), 0) + content


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        parameters = body = b""
        while header := self.rfile.read(HEADER.size):
            _, kind, number, length, padding = HEADER.unpack(header)
            content = self.rfile.read(length)
            self.rfile.read(padding)
            if kind == PARAMS:
                parameters += content
            elif kind == STDIN and content:
                body += content
            elif kind == STDIN:
                return self.answer(number, {"params": pairs(parameters), "body": body.decode(errors="replace")})

    def answer(self, number, members):
        text = b"Content-Type: application/json\r\n\r\n" + json.dumps(members).encode()
        self.wfile.write(record(STDOUT, number, text) + record(STDOUT, number, b""))
        self.wfile.write(record(END_REQUEST, number, bytes(8)))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class FastCgi:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
