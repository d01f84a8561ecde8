"""A worker is killed at any point of a login: nobody hangs, nobody is logged out, and logins go on."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.load import Load, customer, outcome_of, visitor
from support.nginx import SLOW
from support.ports import wait_until
from support.site import SCOPE
from support.workers import workers_connected_to

PATIENT = SCOPE + "userinfo on; timeout connect=5s total=30s; sessions_per_subject 10000;"


def kill(site, pids):
    """They are dead and others are there."""
    old = site.nginx.worker_pids()
    for pid in pids:
        site.nginx.kill_worker(pid)
    wait_until(lambda: len(site.nginx.worker_pids() - set(pids)) == len(old), "new workers", 10 * SLOW)


def goes_on(site, *customers):
    """Who was logged in is so still, others log in, and a reload leaves no worker behind."""
    assert all(site.is_customer(one) for one in customers)
    assert site.is_customer(site.customer())
    site.reload(provider=PATIENT)
    assert all(site.is_customer(one) for one in customers)


@pytest.mark.parametrize("workers", [1, 2])
def test_death_of_idle_workers_logs_nobody_out(site, workers):
    browser = site.start(provider=PATIENT, workers=workers).customer()
    callback = site.begin(late := site.browser(), "/page")
    kill(site, site.nginx.worker_pids())
    assert site.come_back(late, callback, follow=True).json()["target"] == "/page"
    goes_on(site, browser, late)


def test_visitors_whose_worker_dies_in_its_discovery_are_cut_and_the_next_get_through(site, provider, held):
    held("discovery", times=1)
    site.start(provider=PATIENT)
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(outcome_of, visitor(site))
        wait_until(lambda: site.nginx.connections() >= 1, "the visitor")
        kill(site, site.nginx.worker_pids())
        assert waiting.result() == "closed"
    goes_on(site)


def test_visitors_of_another_worker_than_the_one_that_dies_in_its_discovery_get_through(site, provider, held):
    held("discovery", times=1)
    site.start(provider=PATIENT, workers=2)
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    asking = workers_connected_to(site, provider.port)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(outcome_of, visitor(site)) for _ in range(8)]
        wait_until(lambda: site.nginx.connections() >= 8, "the visitors")
        kill(site, asking)
        assert {one.result() for one in waiting} <= {"redirect", "closed"}
    goes_on(site)


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_customer_is_cut_when_the_worker_dies_that_waits_for(site, provider, held, endpoint):
    other = site.start(provider=PATIENT, workers=2).customer()
    browser = site.browser()
    callback = site.begin(browser, "/page")
    calls = len(provider.seen(endpoint))
    held(endpoint, times=1)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(outcome_of, lambda: site.come_back(browser, callback).status)
        wait_until(lambda: len(provider.seen(endpoint)) > calls, endpoint)
        kill(site, workers_connected_to(site, provider.port))
        assert waiting.result() == "closed"
    # The code is spent or not; the customer who reloads the page is not stuck either way.
    assert browser.open(site.url("/page")).status == 200
    goes_on(site, other, browser)


def test_twenty_deaths_under_load_cut_connections_and_do_nothing_else(site):
    site.start(provider=PATIENT, workers=2)
    customers = [site.customer() for _ in range(3)]

    def log_in():
        return site.browser().open(site.url("/page")).status

    chance = random.Random(4711)
    with Load(*(customer(site, one) for one in customers), visitor(site), visitor(site), log_in, log_in) as load:
        for _ in range(20):
            time.sleep(chance.random() / 10)
            kill(site, [chance.choice(sorted(site.nginx.worker_pids()))])
    assert set(load.outcomes) - {"closed"} == {"page", "redirect", 200}, load.outcomes
    goes_on(site, *customers)
