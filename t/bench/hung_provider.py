"""How much longer customers with a session wait while logins hang at the provider."""

import itertools
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.cpu import middle
from bench.shop import Shop, callback_path, wrk
from bench.visitor import NAVIGATION, Connection, Visitor, new_cookies
from support.ports import wait_until

HUNG = 200
ROUNDS = 32
SETTLE = 0.2
SECONDS = 1
SESSIONS = 100
# So many customers, each of whom rests so many milliseconds on average: some 2000 requests a second, a small part of
# what a worker can do. Their 99th percentile is that of waiting, not of a queue. They come to two sites at once, of
# which one has the logins that hang, each in its turn.
CUSTOMERS, REST = 40, 20
# Each login comes from an address of its own: codes without success are bounded for each.
ADDRESSES = (f"127.1.{number // 250}.{number % 250 + 1}" for number in itertools.count())


def begin_login(shop):
    """A connection on which the callback waits for the token endpoint."""
    visitor = Connection(shop.origin)
    asked, _ = visitor.get("/page")
    waiting = socket.create_connection(("127.0.0.1", shop.port), source_address=(next(ADDRESSES), 0))
    fields = {"Host": f"localhost:{shop.port}", **NAVIGATION, "Cookie": new_cookies(asked)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    waiting.sendall(f"GET {callback_path(asked.headers['Location'])} HTTP/1.1\r\n{head}\r\n".encode())
    visitor.http.close()
    return waiting


def wait_for_held(shop, count):
    wait_until(lambda: shop.provider.state()["held"] == count, f"{count} logins that hang", 60)


@contextmanager
def hung_logins(shop, count):
    waiting = [begin_login(shop) for _ in range(count)]
    wait_for_held(shop, count)
    yield
    assert shop.provider.state()["held"] == count, "some of the logins did not hang to the end"
    for one in waiting:
        one.close()
    wait_for_held(shop, 0)


def p99(shop, cookies):
    """Microseconds."""
    count, wrong, found = wrk("pace.lua", shop.origin, cookies, REST, connections=CUSTOMERS, seconds=SECONDS)
    assert count > 500 and wrong == 0, f"{wrong} of {count} requests failed"
    return found


def start(shop):
    """The file of the Cookie fields of customers."""
    shop.start()
    visitor = Visitor(shop.origin, shop.provider.issuer)
    cookies = shop.nginx.prefix / "customers"
    cookies.write_text("\n".join(visitor.log_in("/page") for _ in range(SESSIONS)))
    shop.provider.behave(hold=True)
    return cookies


def compare(cookies, troubled, other, is_first):
    """Both 99th percentiles, of the same seconds: what else the machine does delays either."""
    with hung_logins(troubled, HUNG), ThreadPoolExecutor() as pool:
        time.sleep(SETTLE)
        order = (troubled, other) if is_first else (other, troubled)
        running = {shop: pool.submit(p99, shop, cookies[shop]) for shop in order}
        return running[troubled].result(), running[other].result()


@contextmanager
def ahead_of_others():
    """What is started meanwhile gets the processor as soon as it has something to do, where we may decide that: else
    the 99th percentile is that of whatever else runs on this machine."""
    before = os.sched_getscheduler(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, os.sched_param(0))


def measure(directory):
    with ahead_of_others(), Shop(directory / "one") as one, Shop(directory / "other") as other:
        cookies = {shop: start(shop) for shop in (one, other)}
        turns = [(one, other, True), (other, one, True), (one, other, False), (other, one, False)]
        for turn in turns[:2]:  # to warm up
            compare(cookies, *turn)
        found = [compare(cookies, *turn) for turn in turns * (ROUNDS // len(turns))]
        hung, alone = zip(*found)
        middle(f"99 % of the requests while {HUNG} logins hang", hung, " us")
        middle("99 % of the requests while none does", alone, " us")
        yield "hung_provider_p99_ratio", middle("with by without", [one / two for one, two in found])
