"""Workers are killed at random, hundreds of times, while customers log in, work, refresh their tokens, expire and log
out. In the environment:

CIAM_KILLS      how many for each kind of zone (150)
CIAM_SEED       of the chance that says when and whom (4711)
"""

import os
import random
import threading
import time
from pathlib import Path

import pytest
from support.backend import header
from support.browser import Browser
from support.known_secrets import KnownSecrets
from support.load import PAUSE, Load
from support.logout_tokens import logout_token, tell
from support.nginx import SLOW
from support.nodes import KEY
from support.ports import wait_until
from support.site import SCOPE

KILLS = int(os.environ.get("CIAM_KILLS") or 150)
SEED = int(os.environ.get("CIAM_SEED") or 4711)
LONGEST = 1  # seconds without an answer
LASTS = 2  # seconds of a session
CUSTOMERS = 12
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location /api/ { oidc_set_header Authorization "Bearer $oidc_access_token"; proxy_pass @BACKEND@; }
    location = /status { auth_oidc off; oidc_status; }
"""
LINES = SCOPE + (
    f"session_store customers; sessions_per_subject 10000; session_max_lifetime {LASTS}s;"
    "clock_skew 1s; timeout connect=5s total=30s; logout_uri /logout; backchannel_logout_uri /told;"
)


class Customer:
    """Does one thing after another, and looks at each answer whether it was meant for somebody else."""

    def __init__(self, site, number, turn, chance):
        self.site, self.turn, self.chance = site, turn, chance
        self.subject = f"torture-{number}"
        self.longest = 0.0
        self.may_log_in = 0.0
        self.leave()

    def leave(self):
        """Whatever there was, the next login is that of a new browser. Its secrets are too many to look for in logs."""
        self.browser = Browser(KnownSecrets())
        self.began = self.was_in = None  # before and after the login

    def __call__(self):
        if self.was_in is None:
            return self.log_in()
        dice = self.chance.random()
        if dice < 0.04:
            return self.end("logout", self.log_out)
        if dice < 0.05:
            return self.end("logout by the provider", self.be_logged_out)
        return self.work("/api/" if dice < 0.3 else "/page")

    def ask(self, act):
        began = time.monotonic()
        try:
            return act()
        finally:
            self.longest = max(self.longest, time.monotonic() - began)

    def get(self, browser, path):
        return self.ask(lambda: browser.open(self.site.url(path), follow=False))

    def log_in(self):
        self.leave()
        time.sleep(max(0.0, self.may_log_in - time.time()))
        with self.turn:  # the provider knows one customer at a time
            self.site.provider.customer["sub"] = self.subject
            self.began = time.monotonic()
            callback = self.ask(lambda: self.site.begin(self.browser, "/page"))
            answer = self.ask(lambda: self.site.come_back(self.browser, callback))
        if answer.status != 302 or answer.location != self.site.url("/page"):
            return f"login got {answer.status}"
        self.was_in = time.monotonic()
        return "login"

    def work(self, path):
        asked = time.monotonic()
        answer = self.get(self.browser, path)
        if answer.status == 200:
            who = header(answer.json(), "X-Customer-Id")
            right = who == self.subject and asked < self.was_in + LASTS + 1
            return "page" if right else f"{self.subject} is {who} {asked - self.was_in} s after the login"
        age = time.monotonic() - self.began
        self.was_in = None
        right = self.site.goes_to_provider(answer) and age > LASTS - 1.1
        return "expired" if right else f"customer got {answer.status} {age} s after the login"

    def log_out(self):
        answer = self.browser.open(self.site.url("/logout"), follow=False, initiator=self.site.url("/page"))
        return answer.status == 302

    def be_logged_out(self):
        self.may_log_in = time.time() + 1.1  # ID tokens of the same second are of before
        # The store remembers which tokens have come for as long as they are good.
        token = logout_token(self.site.provider, sub=self.subject, exp=int(time.time()) + 5)
        return tell(self.site, token).status == 200

    def end(self, what, act):
        cookies = self.browser.cookies(self.site.url())
        self.was_in = None  # where the answer is lost nobody knows whether it was done
        if not self.ask(act):
            return f"{what} was refused"
        thief = Browser(KnownSecrets())
        thief.set_cookie(self.site.url(), self.site.session_cookie, cookies[self.site.session_cookie])
        return what if self.site.goes_to_provider(self.get(thief, "/page")) else f"a session after {what}"


class Stall:
    """How long this machine itself kept its threads waiting."""

    def __enter__(self):
        self.longest = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _watch(self):
        while not self.ended.is_set():
            began = time.monotonic()
            time.sleep(PAUSE)
            self.longest = max(self.longest, time.monotonic() - began)


def kill_at_random(site, chance):
    for _ in range(KILLS):
        time.sleep(chance.random() / 25)
        pids = site.nginx.worker_pids()
        dies = chance.choice(sorted(pids))
        site.nginx.kill_worker(dies)
        wait_until(lambda: len(site.nginx.worker_pids() - {dies}) == len(pids), "a new worker", 10 * SLOW)  # noqa: B023


def zone_of(site):
    (zone,) = Browser(KnownSecrets()).fetch(site.url("/status")).json()["session_zones"]
    return zone


def emptied(site, customers):
    """The zone when the provider has logged everybody out, and that is past."""
    assert all(one.be_logged_out() for one in customers)
    wait_until(lambda: sum(zone_of(site)[name] for name in ("sessions", "logout_notes")) == 0, "the end of what the store remembers", 30)
    return zone_of(site)


@pytest.fixture
def file():
    path = Path(f"/dev/shm/oidc-torture-{os.getpid()}")
    yield path
    path.unlink(missing_ok=True)


def zone(kind, key, file, redis):
    words = {"memory": "", "file": f"file={file}", "redis": f"redis={redis.url}"}[kind]
    key.write_text(KEY + "\n")
    return f"secret_key_file {key}; oidc_session_zone zone=customers:2m {words};"


@pytest.mark.parametrize("kind", ["memory", "file", "redis"])
def test_deaths_at_any_moment_cut_connections_and_do_nothing_else(site, provider, tmp_path, file, redis, kind):
    http = zone(kind, tmp_path / "key", file, redis)
    provider.rotates = False
    provider.secrets = KnownSecrets()
    # Every call of /api/ refreshes; in an ID token of a refresh this provider would name who has logged in last.
    provider.behave(token_response={"expires_in": 0}, refresh_response={"id_token": None})
    chance = random.Random(SEED)
    site.start("", LOCATIONS, http=http, provider=LINES, workers=2)
    turn = threading.Lock()
    customers = [Customer(site, number, turn, chance) for number in range(CUSTOMERS)]
    with Stall() as stall, Load(*customers) as load:
        kill_at_random(site, chance)
    longest = max(one.longest for one in customers)
    print(KILLS, "kills;", dict(load.outcomes), f"longest answer {longest:.2f} s, machine {stall.longest:.2f} s")
    done = {"login", "page", "expired", "logout", "logout by the provider"}
    assert {*load.outcomes, "expired"} == {*done, "closed"}, load.outcomes
    assert longest < LONGEST * SLOW + stall.longest
    after = emptied(site, customers)
    assert (after["damaged"], after["evicted_live"]) == (0, 0)
    # To the byte what a zone holds that has seen no death.
    site.stop()
    file.unlink(missing_ok=True)
    site.start("", LOCATIONS, http=http, provider=LINES, workers=2)
    fresh = emptied(site, customers)
    assert (after["used_bytes"], after["tombstones"]) == (fresh["used_bytes"], fresh["tombstones"])
