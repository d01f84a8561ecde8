"""nginx is told to end: by QUIT it finishes what it has begun, by TERM it is gone."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import connect, read_answer
from support.load import outcome_of, visitor
from support.nginx import SLOW
from support.ports import wait_until
from support.site import SCOPE

PATIENT = SCOPE + "userinfo on; timeout connect=5s total=30s;"


def ended(site):
    return site.nginx.process.poll() is not None


def listens_no_more(site):
    try:
        connect(site.url("/")).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_quit_waits_for_the_login_that_waits_for(site, provider, held, endpoint):
    browser = site.start(provider=PATIENT).browser()
    callback = site.begin(browser, "/page")
    answer = held(endpoint)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.come_back, browser, callback)
        wait_until(lambda: provider.seen(endpoint), endpoint)
        site.nginx.process.send_signal(signal.SIGQUIT)
        wait_until(lambda: listens_no_more(site), "the end of listening")
        assert not ended(site) and not waiting.done()
        answer.set()
        done = waiting.result()
    assert done.location == site.url("/page") and site.session_cookie in done.new_cookies()
    wait_until(lambda: ended(site), "the end", 10 * SLOW)


def test_quit_waits_for_visitors_who_wait_for_the_metadata(site, provider, held):
    answer = held("discovery")
    site.start(provider=PATIENT, workers=2)
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(outcome_of, visitor(site)) for _ in range(8)]
        wait_until(lambda: site.nginx.connections() >= 8, "the visitors")
        site.nginx.process.send_signal(signal.SIGQUIT)
        wait_until(lambda: listens_no_more(site), "the end of listening")
        assert not ended(site) and not any(one.done() for one in waiting)
        answer.set()
        assert [one.result() for one in waiting] == ["redirect"] * 8
    wait_until(lambda: ended(site), "the end", 10 * SLOW)


def test_quit_does_not_wait_for_a_discovery_that_nobody_waits_for_longer_than_it_lasts(site, provider, held):
    held("discovery")
    site.start(provider=SCOPE + "timeout total=1s;")
    wait_until(lambda: provider.seen("discovery"), "the discovery")
    site.nginx.process.send_signal(signal.SIGQUIT)
    wait_until(lambda: ended(site), "the end", 5 * SLOW)


def test_quit_closes_connections_that_are_kept(site):
    browser = site.start().customer()
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies_for(site.url()))
    with connect(site.url()) as kept:
        kept.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode())
        assert read_answer(kept, "GET", site.url()).status == 200
        site.nginx.process.send_signal(signal.SIGQUIT)
        assert kept.recv(1) == b""
    wait_until(lambda: ended(site), "the end", 5 * SLOW)


@pytest.mark.parametrize("endpoint", ["discovery", "token", "userinfo"])
def test_term_ends_at_once_whoever_waits_for(site, provider, held, endpoint):
    answer = held(endpoint)
    site.start(provider=PATIENT)
    browser = site.browser()
    with ThreadPoolExecutor() as pool:
        if endpoint == "discovery":
            waiting = pool.submit(outcome_of, visitor(site))
        else:
            callback = site.begin(browser, "/page")
            waiting = pool.submit(outcome_of, lambda: site.come_back(browser, callback).status)
        wait_until(lambda: provider.seen(endpoint), endpoint)
        wait_until(site.nginx.connections, "the customer")
        site.nginx.process.terminate()
        wait_until(lambda: ended(site), "the end", 5 * SLOW)
        assert waiting.result() == "closed"
        answer.set()
