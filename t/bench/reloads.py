"""How many requests of a steady load are lost over reloads.

A request is lost when it got a wrong answer, or none although nginx had it: on a connection made for it, or, on one
that was kept, when nginx has written the request into its access log. A kept connection may be closed by the server at
any time (RFC 9112 section 9.3.1), and a request that was on its way then is the client's to send again; nginx has not
seen it. Nothing is sent twice here: such a request is neither counted as answered nor as lost.
"""

import http.client
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bench.shop import CUSTOMER, Shop
from bench.visitor import Connection, Visitor

RELOADS = 20
CLIENTS = 3  # of each of the four kinds
REST = 0.002


class Client:
    """A customer or a visitor, with a connection that is kept or a new one each time."""

    def __init__(self, shop, name, cookies, keeps):
        self.shop, self.name, self.cookies, self.keeps = shop, name, cookies, keeps
        self.connection, self.sent, self.answered, self.wrong = None, 0, 0, []
        self.unanswered = []  # on a connection that had been used before

    def run(self, ended):
        while not ended.is_set():
            self.ask()
            time.sleep(REST)

    def ask(self):
        self.sent += 1
        target = f"/{self.name}-{self.sent}-"
        is_fresh = self.connection is None
        self.connection = self.connection or Connection(self.shop.origin)
        try:
            answer, _ = self.connection.get(target, **self.headers())
        except (OSError, http.client.HTTPException) as problem:
            self.drop()
            if is_fresh or not isinstance(problem, ConnectionError):
                self.wrong.append(f"{target}: {problem!r}")
            else:
                self.unanswered.append(target)
            return
        self.answered += 1
        if not self.is_right(answer):
            self.wrong.append(f"{target}: {answer.status}")
        if not self.keeps or answer.will_close:
            self.drop()

    def headers(self):
        return {"Cookie": self.cookies} if self.cookies else {}

    def is_right(self, answer):
        if self.cookies:
            return answer.status == 200 and answer.headers["X-Customer"] == CUSTOMER
        return answer.status == 302 and self.shop.goes_to_provider(answer.headers["Location"])

    def drop(self):
        self.connection.http.close()
        self.connection = None


def clients(shop):
    visitor = Visitor(shop.origin, shop.provider.issuer)
    for number in range(CLIENTS):
        for cookies in (visitor.log_in("/page"), ""):
            for keeps in (True, False):
                kind = ("customer" if cookies else "visitor") + ("-keeps" if keeps else "")
                yield Client(shop, f"{kind}-{number}", cookies, keeps)


def reload_under_load(shop, people):
    ended = threading.Event()
    with ThreadPoolExecutor(len(people)) as pool:
        running = [pool.submit(one.run, ended) for one in people]
        try:
            for _ in range(RELOADS):
                before = sum(one.answered for one in people)
                shop.nginx.reload()
                while sum(one.answered for one in people) < before + 100:
                    time.sleep(0.01)
        finally:
            ended.set()
    for one in running:
        one.result()


def measure(directory):
    with Shop(directory) as shop:
        shop.start(access_log="requests.log safe")
        people = list(clients(shop))
        reload_under_load(shop, people)
        shop.nginx.stop()
        seen = (shop.nginx.prefix / "requests.log").read_text()
        unanswered = [target for one in people for target in one.unanswered]
        lost = [problem for one in people for problem in one.wrong]
        lost += [f"{target}: accepted and not answered" for target in unanswered if f" {target} " in seen]
        answered = sum(one.answered for one in people)
        print(f"{answered} answers, {len(unanswered)} kept connections closed before a request", file=sys.stderr)
        print("\n".join(lost[:5]), file=sys.stderr)
        yield "reload_lost_requests", len(lost)
