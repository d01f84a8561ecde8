"""How long a worker serves nobody while names of the provider get no answer from the system's name servers."""

import socket
import time

from bench.cpu import middle
from bench.hung_provider import ahead_of_others
from bench.shop import Shop
from bench.visitor import NAVIGATION, Connection
from support.own_files import instead_of

VISITORS = 20
ROUNDS = 5
SECONDS = 2


def longest_wait(shop, seconds):
    """Milliseconds; of a client who asks again and again for what needs no provider."""
    client = Connection(shop.origin)
    longest, end = 0.0, time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        answer, _ = client.get("/nothing")
        assert answer.status == 204, "nginx does not answer"
        longest = max(longest, time.perf_counter() - began)
        time.sleep(0.0005)
    return longest * 1000


def visit(shop):
    """Somebody who wants to log in, and goes away before there is an answer."""
    waiting = socket.create_connection(("127.0.0.1", shop.port))
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": f"localhost:{shop.port}", **NAVIGATION}.items())
    waiting.sendall(f"GET /page HTTP/1.1\r\n{head}\r\n".encode())
    return waiting


def measure(directory):
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.9", 53))
    names = directory / "resolv.conf"
    names.write_text("nameserver 127.0.0.9\n")
    with ahead_of_others(), Shop(directory) as shop, silent:
        shop.provider.issuer = "https://login.example"
        shop.nginx.before_exec = instead_of({"/etc/resolv.conf": names})
        shop.start(lines="config_url https://login.example/openid;", timeout="connect=1s total=1s")
        longest_wait(shop, 0.5)
        found = []
        for _ in range(ROUNDS):
            waiting = [visit(shop) for _ in range(VISITORS)]
            found.append(longest_wait(shop, SECONDS))  # look-ups end, and begin anew, in that time
            for one in waiting:
                one.close()
        silent.settimeout(1)
        assert silent.recv(512), "nobody has asked the name server"
        yield "dns_black_hole_gap_ms", middle("the longest wait while names get no answer", found, " ms")
