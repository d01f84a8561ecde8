"""People who ask without a break while a test does something to nginx."""

import http.client
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from support.browser import Browser
from support.known_secrets import KnownSecrets

PAUSE = 0.005


class Load:
    """with Load(ask, ...) as load: each is called again and again in a thread of its own, and returns what it got;
    then load.outcomes counts that. "closed": the connection ended without an answer. "hung": nothing came at all."""

    def __init__(self, *asks):
        self.asks = asks
        self.outcomes = Counter()
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def __enter__(self):
        self.pool = ThreadPoolExecutor(len(self.asks))
        self.threads = [self.pool.submit(self._run, ask) for ask in self.asks]
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.pool.shutdown()
        for one in self.threads:
            one.result()

    def total(self):
        with self.lock:
            return self.outcomes.total()

    def _run(self, ask):
        while not self.ended.is_set():
            outcome = outcome_of(ask)
            with self.lock:
                self.outcomes[outcome] += 1
            time.sleep(PAUSE)


def outcome_of(ask):
    try:
        return ask()
    except TimeoutError:
        return "hung"
    except (ConnectionError, http.client.HTTPException):
        return "closed"


def customer(site, browser):
    """Opens a page with the session of this browser."""

    def ask():
        answer = browser.open(site.url("/page"), follow=False)
        right = answer.status == 200 and answer.json()["target"] == "/page"
        return "page" if right else f"customer got {answer.status}"

    return ask


def visitor(site):
    """Opens a page with no cookie. Secrets of so many logins would take long to look for in the logs."""

    def ask():
        answer = Browser(KnownSecrets()).open(site.url("/page"), follow=False)
        return "redirect" if site.goes_to_provider(answer) else f"visitor got {answer.status}"

    return ask
