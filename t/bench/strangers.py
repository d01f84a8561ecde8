"""What a hundred thousand visitors who begin a login leave behind in the session zone: nothing."""

import json
import sys

from bench.shop import Shop, wrk
from bench.visitor import Connection

BEGUN = 100_000
CONNECTIONS = 32
SECONDS = 2  # of one run of wrk


def status(shop):
    answer, body = Connection(shop.origin).get("/status")
    assert answer.status == 200, "oidc_status does not answer"
    return json.loads(body)


def begun(shop):
    return status(shop)["counters"]["logins_begun"]


def bytes_used(shop):
    return sum(zone["used_bytes"] for zone in status(shop)["session_zones"])


def measure(directory):
    with Shop(directory) as shop:
        shop.start()
        before, first = bytes_used(shop), begun(shop)
        while (count := begun(shop) - first) < BEGUN:
            redirects, wrong = wrk("visitors.lua", shop.origin, threads=2, connections=CONNECTIONS, seconds=SECONDS)
            assert redirects > 0 and wrong == 0, f"{wrong} of {redirects + wrong} visitors were not sent to the provider"
        print(f"{count} logins begun", file=sys.stderr)
        yield "begun_logins_zone_bytes", bytes_used(shop) - before
