"""How much a worker's memory grows over a million requests and twenty thousand logins.

Counted is RssAnon, the memory that the worker alone has written to: its heap, its pools, its stacks. The zones are
memory that all workers share (RssShmem), which fills up to the size that it was given; code and files (RssFile) are
the kernel's to drop. Pss would share out the zones among the workers and count the rest of both.
"""

import os
import sys
import time

from bench.shop import Shop, wrk
from bench.visitor import Visitor

REQUESTS, LOGINS = 1_000_000, 20_000
ROUNDS = 10  # so that requests and logins take turns
WARM_UP = 2  # rounds
CONNECTIONS = 32
LOGINS_AT_ONCE = 8
SESSIONS = 200
SECONDS = 2  # of one run of wrk for requests; logins get less, which would throw out all other sessions


def rss_anon_kb(shop):
    (pid,) = shop.nginx.worker_pids()
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


def open_files(shop):
    """Without those of clients, who keep their connections for a moment."""
    (pid,) = shop.nginx.worker_pids()
    time.sleep(1)
    return len(os.listdir(f"/proc/{pid}/fd"))


def send_mix(shop, cookies, count):
    """Customers, visitors, forged cookies and scripts without a session, alike many of each."""
    sent = 0
    while sent < count:
        pages, redirects, refusals, others, wrong = wrk(
            "mix.lua", shop.origin, cookies, threads=2, connections=CONNECTIONS, seconds=SECONDS
        )
        run = pages + redirects + refusals
        assert run > 0 and others == 0 and wrong == 0, f"{others + wrong} of {run} requests failed"
        parts = (pages, redirects / 2, refusals)
        as_asked = all(abs(part - run / 4) <= run / 40 + CONNECTIONS for part in parts)
        assert as_asked, f"the answers are not those that were asked for: {parts}"
        sent += run
    return sent


def log_in(shop, count):
    done = 0
    while done < count:
        run, wrong = wrk("logins.lua", shop.origin, threads=LOGINS_AT_ONCE, connections=LOGINS_AT_ONCE)
        assert run > 0 and wrong == 0, f"{wrong} requests of {run} logins failed"
        done += run
    return done


def rounds(shop, cookies, count):
    """So many rounds; how many requests and logins they were."""
    requests = logins = 0
    for number in range(1, count + 1):
        requests += send_mix(shop, cookies, REQUESTS * number / ROUNDS - requests)
        logins += log_in(shop, LOGINS * number / ROUNDS - logins)
        print(f"{requests} requests, {logins} logins: {rss_anon_kb(shop)} KB", file=sys.stderr)
    return requests, logins


def measure(directory):
    with Shop(directory) as shop:
        # Room for some 15,000: sessions are thrown out on the way, but not those that are used.
        shop.start(zone="oidc_session_zone zone=customers:8m;", lines="session_store customers;")
        visitor = Visitor(shop.origin, shop.provider.issuer)
        cookies = directory / "sessions"
        cookies.write_text("\n".join(visitor.log_in("/page") for _ in range(SESSIONS)))
        rounds(shop, cookies, WARM_UP)
        before, tokens = rss_anon_kb(shop), shop.provider.state()["tokens"]
        files = open_files(shop)
        requests, logins = rounds(shop, cookies, ROUNDS)
        assert requests >= REQUESTS and logins >= LOGINS, "that was too little"
        assert shop.provider.state()["tokens"] - tokens >= logins, "the provider has given fewer tokens"
        yield "rss_growth_kb", rss_anon_kb(shop) - before
        yield "open_files_growth", max(open_files(shop) - files, 0)
