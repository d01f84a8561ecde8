"""Sentinel says which Redis is the master: a failover while customers come and go."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.nodes import redis_status, wait_until_connected
from support.ports import wait_until
from support.redis import Redis

QUICK = [
    "sentinel down-after-milliseconds mymaster 1000",
    "sentinel failover-timeout mymaster 5000",
    "sentinel parallel-syncs mymaster 1",
]


class Trio:
    """Three Sentinels over a master and a replica."""

    def __init__(self, make_redis):
        self.master = make_redis()
        self.replica = make_redis(options=[f"replicaof 127.0.0.1 {self.master.port}", "replica-priority 1"])
        wait_until(lambda: self.replica.reports("replication", "master_link_status:up"), "the replica", 20)
        watch = [f"sentinel monitor mymaster 127.0.0.1 {self.master.port} 2", *QUICK]
        self.sentinels = [make_redis(options=watch, program="redis-sentinel") for _ in range(3)]
        wait_until(lambda: all(map(self.knows_all, self.sentinels)), "the Sentinels to find each other", 30)

    @staticmethod
    def knows_all(sentinel):
        return sentinel.reports("sentinel", "slaves=1,sentinels=3")

    @property
    def url(self):
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels) + "/mymaster/0"


@pytest.fixture
def trio(make_redis, nodes):
    nodes.redis = Trio(make_redis)
    return nodes.redis


def test_master_is_found_through_sentinel(nodes, trio):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    assert there.is_customer(browser)
    assert trio.master.keys("ciam:s:*")


def test_sentinel_that_is_down_is_passed_over(nodes, trio):
    trio.sentinels[0].kill()
    node = nodes.start()
    assert node.is_customer(node.customer())


@pytest.mark.parametrize("loss", ["kill", "freeze"])
def test_failover_under_load_logs_nobody_out(nodes, trio, loss):
    here, there = nodes.start(workers=2), nodes.start()
    browser = here.customer()
    assert there.is_customer(browser)
    # Replicated before the master goes: what was not is lost with it.
    wait_until(lambda: trio.replica.keys("ciam:s:*") == trio.master.keys("ciam:s:*"), "replication")
    statuses, done = [], threading.Event()

    def use(node):
        own = node.browser()
        own.jar = browser.jar
        while not done.is_set():
            statuses.append(own.open(node.url("/"), follow=False).status)
            time.sleep(0.01)

    with ThreadPoolExecutor() as pool:
        users = [pool.submit(use, node) for node in (here, there)]
        try:
            getattr(trio.master, loss)()
            wait_until(lambda: trio.replica.reports("replication", "role:master"), "the failover", 40)
            # Each worker finds the new master for itself.
            new = wait_until(lambda: new_customer(here), "a login", 30)
            wait_until(lambda: new.open(there.url("/"), follow=False).status == 200, "the other node", 30)
        finally:
            done.set()
        for user in users:
            user.result()
    assert set(statuses) == {200} and len(statuses) > 100


def test_old_master_that_comes_back_as_a_replica_is_left(nodes, trio):
    node = nodes.start()
    trio.sentinels[0].command("SENTINEL", "FAILOVER", "mymaster")
    wait_until(lambda: trio.master.reports("replication", "role:slave"), "the switch", 40)
    wait_until(lambda: new_customer(node), "a login", 30)
    wait_until_connected(node)
    assert trio.replica.keys("ciam:s:*")


def new_customer(node):
    """A browser that has logged in; None where that is not possible now."""
    browser = node.browser()
    return browser if browser.open(node.url("/")).status == 200 else None


def test_replica_that_only_reads_is_told_of(nodes, make_redis):
    master = make_redis()
    nodes.redis = replica = make_redis(options=[f"replicaof 127.0.0.1 {master.port}"])
    wait_until(lambda: replica.reports("replication", "master_link_status:up"), "the replica", 20)
    node = nodes.start(connected=False)
    wait_until(lambda: not new_customer(node) and "READONLY" in (redis_status(node)["last_error"] or ""), "the refusal")
    assert node.browser().open(node.url("/")).status == 503
    replica.command("REPLICAOF", "NO", "ONE")
    wait_until(lambda: new_customer(node), "a login", 20)


def test_what_only_pretends_to_be_a_sentinel_does_no_harm(nodes):
    lone = nodes.redis  # knows no command SENTINEL
    url = f"redis+sentinel://127.0.0.1:{lone.port}/mymaster"
    node = nodes.start(url=url, connected=False)
    wait_until(lambda: "Sentinel" in (redis_status(node)["last_error"] or ""), "the refusal")
    assert isinstance(lone, Redis) and node.browser().open(node.url("/")).status == 503
