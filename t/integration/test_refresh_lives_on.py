"""A refresh that is under way outlives who asked for it: the client, the configuration, the worker's last day; and where
its worker is killed, the next one takes over."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from support.expiring import LOCATIONS, QUICK, all_at_once, customer, start, told, told_by_two_workers
from support.load import outcome_of
from support.nginx import SLOW
from support.ports import wait_until
from support.site import SCOPE
from support.workers import dial_worker

PATIENT = SCOPE + "timeout connect=5s total=20s;"


def refreshes(provider, count=1):
    wait_until(lambda: len(provider.seen("refresh")) == count, "the refresh")


def test_client_who_leaves_loses_no_token(site, provider, held):
    browser = customer(start(site, PATIENT), provider)
    answer = held("refresh")
    browser.leave(site.url("/api/"))
    refreshes(provider)
    answer.set()
    token, code, _ = told(site, browser)
    assert token in provider.access_tokens and code is None and len(provider.seen("refresh")) == 1


def test_others_go_on_waiting_when_the_first_client_leaves(site, provider, held):
    browser = customer(start(site, PATIENT), provider)
    answer = held("refresh")
    browser.leave(site.url("/api/"))
    refreshes(provider)
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(told, site, browser) for _ in range(5)]
        wait_until(lambda: site.nginx.connections() >= 5, "the others")
        answer.set()
        assert {one.result()[1] for one in others} == {None}
    assert len(provider.seen("refresh")) == 1


def test_reload_in_the_middle_of_a_refresh_loses_no_token(site, provider, held):
    browser = customer(start(site, PATIENT), provider)
    answer = held("refresh")
    browser.leave(site.url("/api/"))
    refreshes(provider)
    site.reload("", LOCATIONS, provider=PATIENT, wait_for_old=False)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(told, site, browser)  # at the new worker
        time.sleep(0.3)
        answer.set()
        token, code, _ = waiting.result()
    assert token in provider.access_tokens and code is None and len(provider.seen("refresh")) == 1


def test_quit_waits_for_a_refresh_whose_client_has_left(site, provider, held):
    browser = customer(start(site, PATIENT), provider)
    answer = held("refresh")
    browser.leave(site.url("/api/"))
    refreshes(provider)
    site.nginx.process.send_signal(signal.SIGQUIT)
    time.sleep(0.5)
    assert site.nginx.process.poll() is None
    answer.set()
    wait_until(lambda: site.nginx.process.poll() is not None, "the end", 10 * SLOW)


def test_worker_that_is_killed_holds_nobody_up(site, provider, held):
    browser = customer(start(site, PATIENT, workers=2), provider)
    provider.rotates = False
    held("refresh", times=1)
    first, second = sorted(site.nginx.worker_pids())
    ahead, behind = (site.browser(dial=dial_worker(site, pid)) for pid in (first, second))
    ahead.jar = behind.jar = browser.jar
    with ThreadPoolExecutor() as pool:
        cut = pool.submit(outcome_of, lambda: told(site, ahead))
        refreshes(provider)
        waiting = pool.submit(told, site, behind)
        time.sleep(0.3)
        began = time.monotonic()
        site.nginx.kill_worker(first)
        assert cut.result() == "closed"
        token, code, _ = waiting.result()
    assert time.monotonic() - began < 5 * SLOW
    assert token in provider.access_tokens and code is None


def test_worker_whose_turn_it_is_is_waited_for_by_the_other(site, provider):
    browser = customer(start(site, PATIENT, workers=2), provider)
    provider.behave(refresh={"delay": 0.6})
    found = told_by_two_workers(site, browser, 10)
    assert len({token for token, _, _ in found}) == 1 and len(provider.seen("refresh")) == 1


def test_customers_who_come_while_workers_die_and_reload_stay_logged_in(site, provider):
    """Except for a rotation that died with its worker, which ends the login at the provider."""
    start(site, QUICK, workers=2)
    provider.rotates = False
    browser = customer(site, provider)
    provider.behave(refresh_response={"expires_in": 0})
    for _ in range(5):
        all_at_once(6, lambda: outcome_of(lambda: told(site, browser)))
        pids = site.nginx.worker_pids()
        site.nginx.kill_worker(pids.pop())
        wait_until(lambda: len(site.nginx.worker_pids()) == 2, "a new worker", 10 * SLOW)
        site.reload("", LOCATIONS, provider=QUICK)
    provider.behave(refresh_response={})
    assert told(site, browser)[1] is None
