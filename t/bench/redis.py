"""What sharing sessions through Redis costs: a login, and the first request at a node that has to ask for the session."""

import json
import time

from bench.cpu import Spent, middle
from bench.visitor import Connection, Visitor
from support.ports import wait_until
from support.redis import Redis

ROUNDS = 5
LOGINS = 100


def start_node(place, name, values):
    node = place.nginx(name)
    place.ports["node"] = place.ports[name]
    node.write(place.fill_in("redis-node.conf", values))
    node.start()
    place.running.callback(node.stop)
    site = Connection(place.origin(name))
    wait_until(lambda: is_connected(site), f"{name} to reach Redis")
    return node, site


def is_connected(site):
    _, text = site.get("/status", Accept="application/json")
    return json.loads(text)["session_zones"][0]["redis"]["connected"]


def seconds_of_page(site, cookies):
    began = time.perf_counter()
    answer, text = site.get("/page", Cookie=cookies)
    seconds = time.perf_counter() - began
    assert answer.status == 200 and b"zoe@example.com" in text, "the session is not known"
    return seconds


def measure(place):
    """Yields names and values."""
    redis = Redis(place.directory / "redis").start()
    place.running.callback(redis.stop)
    key = place.directory / "session.key"
    key.write_text("4f" * 32 + "\n")
    values = {"SESSION_KEY": key, "REDIS_PORT": redis.port}
    here, _ = start_node(place, "redis_here", values)
    _, there = start_node(place, "redis_there", values)
    visitor = Visitor(place.origin("redis_here"), place.providers["http"].issuer)
    sessions, spent = [visitor.log_in("/page") for _ in range(LOGINS)], []
    for _ in range(ROUNDS):
        with Spent(here) as cpu:
            sessions += [visitor.log_in("/page") for _ in range(LOGINS)]
        spent.append(cpu.seconds / LOGINS * 1000)
    yield "redis_login_cpu_ms", middle("a login whose session is shared", spent, " ms")
    more = [(seconds_of_page(there, one) - seconds_of_page(there, one)) * 1000 for one in sessions]
    yield "cold_node_ms", middle("a session's first request at another node, more than its second", more, " ms")
