"""How many of the first customers get through who come while the provider's metadata are still on their way."""

import socket

from bench.shop import Shop
from bench.visitor import NAVIGATION
from support.browser import read_answer

CUSTOMERS = 50
DISCOVERY_MS = 1000


def ask(shop):
    fields = {"Host": f"localhost:{shop.port}", **NAVIGATION}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    sock = socket.create_connection(("127.0.0.1", shop.port), timeout=30)
    sock.sendall(f"GET /page HTTP/1.1\r\n{head}\r\n".encode())
    return sock


def is_complete(shop, sock):
    try:
        with sock:
            answer = read_answer(sock, "GET", shop.origin + "/page")
    except OSError:
        return False
    return answer.status == 302 and shop.goes_to_provider(answer.location) and len(answer.new_cookies()) == 1


def measure(directory):
    with Shop(directory) as shop:
        shop.provider.behave(discovery_ms=DISCOVERY_MS)
        shop.start()
        asked = [ask(shop) for _ in range(CUSTOMERS)]
        state = shop.provider.state()
        assert state["discoveries_answered"] == 0, "the metadata were there before all customers had come"
        complete = sum(is_complete(shop, sock) for sock in asked)
        assert shop.provider.state()["discoveries"] == 1, "the metadata were fetched more than once"
        yield "cold_start_answers", complete
