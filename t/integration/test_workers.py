"""Several workers are one site: whoever takes a connection knows what the others know."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.ports import wait_until
from support.site import LOCATIONS, SCOPE
from support.workers import WHO, dial_worker, workers_connected_to

QUICK = SCOPE + "timeout connect=500ms total=1s;"


def start(site, workers, **parts):
    site.start(locations=WHO + LOCATIONS, workers=workers, **parts)
    return sorted(site.nginx.worker_pids())


@pytest.fixture
def spread(site):
    """A site whose workers all get connections, since each has a listening socket of its own."""
    site.listen_options = "reuseport"
    return site


def at_worker(site, browser, pid):
    browser.dial = dial_worker(site, pid)
    return browser


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_login_and_its_session_are_good_at_each_worker_of(spread, workers):
    pids = start(spread, workers)
    browser = spread.customer("/page")
    for pid in pids:
        assert spread.is_customer(at_worker(spread, browser, pid))


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_callback_is_served_by_another_worker_than_the_start(spread, workers):
    first, *others = start(spread, workers)
    for other in others:
        browser = at_worker(spread, spread.browser(), first)
        callback = spread.begin(browser, "/page")
        done = spread.come_back(at_worker(spread, browser, other), callback)
        assert done.status == 302 and done.location == spread.url("/page")
        assert spread.is_customer(at_worker(spread, browser, first))


def test_logout_at_one_worker_holds_at_the_others(spread):
    first, *others = start(spread, 4, provider=SCOPE + "logout_uri /logout;")
    browser = spread.customer()
    session = browser.cookies(spread.url())[spread.session_cookie]
    at_worker(spread, browser, first).click("/logout", follow=False)
    for pid in others:
        thief = at_worker(spread, spread.browser(), pid)
        thief.set_cookie(spread.url(), spread.session_cookie, session)
        assert not spread.is_customer(thief)


# A worker that stands still: the machine swaps, or a disk does not answer.


@pytest.fixture
def stopped_while_it_asks(site, provider, held):
    """A site of two workers; the one that fetches the metadata stands still before the answer is there."""
    answer = held("discovery", times=1)
    start(site, 2, provider=QUICK)
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    (pid,) = wait_until(lambda: workers_connected_to(site, provider.port), "the connection to the provider")
    os.kill(pid, signal.SIGSTOP)
    answer.set()
    yield site, pid
    os.kill(pid, signal.SIGCONT)


def status(site):
    return site.browser().open(site.url("/"), follow=False).status


def test_visitors_of_the_other_worker_are_answered_while_the_one_that_asks_stands_still(stopped_while_it_asks):
    site, pid = stopped_while_it_asks
    with ThreadPoolExecutor(8) as pool:
        # The browsers wait 15 s; whoever waits in vain is told so after twice the time of a call.
        statuses = list(pool.map(lambda _: status(site), range(8)))
    assert set(statuses) <= {302, 504}
    wait_until(lambda: status(site) == 302, "another worker that asks", 20)
    os.kill(pid, signal.SIGCONT)
    at_worker(site, site.browser(), pid).open(site.url("/"))
    site.customer()
