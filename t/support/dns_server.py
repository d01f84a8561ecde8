"""A name server that says what a test tells it to, over UDP, on port 53 of a loopback address of its own.

    names.addresses["login.example"] = ["127.0.0.1", "::1"]
    names.code = SERVFAIL    # for every question
    names.silent = True      # no answer at all
"""

import ipaddress
import os
import random
import socket
import struct
import threading

SERVFAIL, NXDOMAIN = 2, 3
A, AAAA = 1, 28
VERSIONS = {A: 4, AAAA: 6}


def name_of(question):
    """The name and where it ends."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels).lower(), at + 1


def record(kind, address):
    data = address.packed
    return struct.pack("!HHHIH", 0xC00C, kind, 1, 1, len(data)) + data  # lives for a second


class DnsServer:
    def __init__(self):
        self.addresses = {}
        self.code = 0
        self.silent = False
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = self._bind()
        threading.Thread(target=self._serve, daemon=True).start()

    def _bind(self):
        """resolv.conf knows no ports, so it has to be 53, at an address that nobody else has."""
        while True:
            address = f"127.{random.randint(64, 127)}.{os.getpid() % 256}.{random.randint(1, 254)}"
            try:
                self.socket.bind((address, 53))
                return address
            except PermissionError:
                raise AssertionError("port 53 is for root: run the tests as root, as in a container") from None
            except OSError:
                continue

    def _serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
                if not client:
                    return  # shut down
                answer = self._answer(question)
                if not self.silent:
                    self.socket.sendto(answer, client)
            except OSError:
                return

    def _answer(self, question):
        name, end = name_of(question)
        kind = struct.unpack("!H", question[end : end + 2])[0]
        self.asked.append(name)
        found = [ipaddress.ip_address(one) for one in self.addresses.get(name, ())]
        records = [record(kind, one) for one in found if VERSIONS.get(kind) == one.version]
        code = self.code or (0 if name in self.addresses else NXDOMAIN)
        if code:
            records = []
        counts = struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return question[:2] + counts + question[12 : end + 4] + b"".join(records)

    def stop(self):
        self.silent = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
