"""Several nginx share sessions through Redis: what happens at one is known at the others at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.nodes import redis_status, wait_until_away, who
from support.ports import wait_until


@pytest.fixture
def pair(nodes):
    return nodes.start(), nodes.start()


def test_login_at_one_node_is_known_at_the_other_at_once(pair):
    here, there = pair
    browser = here.customer()
    assert who(there, browser) == who(here, browser) is not None


def test_logout_at_one_node_ends_the_session_at_the_other_at_once(pair):
    here, there = pair
    browser = here.customer()
    thief = there.browser()
    session = browser.cookies(here.url())[here.session_cookie]
    thief.set_cookie(there.url(), there.session_cookie, session)
    assert there.is_customer(thief)
    browser.click("/logout", follow=False)
    began = time.monotonic()
    wait_until(lambda: not there.is_customer(thief), "the other node to hear of the logout", 5)
    assert time.monotonic() - began < 1


def test_logout_by_the_provider_ends_the_session_at_every_node(pair, provider):
    here, there = pair
    provider.behave(id_token={"sid": "provider-session-1"})
    browser = here.customer()
    assert there.is_customer(browser)
    front = f"/front?iss={provider.issuer}&sid=provider-session-1"
    assert there.browser().fetch(there.url(front)).status == 200
    assert not there.is_customer(browser)
    wait_until(lambda: not here.is_customer(browser), "the other node to hear of the logout", 1)


def test_customers_of_another_node_are_known_from_the_first_moment_after_a_reload(nodes):
    """New workers have no connection yet when the first requests come."""
    here, there = nodes.start(), nodes.start(workers=2)
    customers = [here.customer() for _ in range(6)]
    for browser in customers:
        nodes.reload(there, wait_for_old=False)
        assert there.is_customer(browser)


def test_visitors_and_customers_go_on_while_workers_die_and_reload(nodes):
    here, there = nodes.start(workers=2), nodes.start(workers=2)
    browser = here.customer()
    for number in range(3):
        pid = sorted(there.nginx.worker_pids())[0]
        there.nginx.kill_worker(pid)
        wait_until(lambda: len(there.nginx.worker_pids() - {pid}) == 2, "a new worker")
        nodes.reload(here)
        assert here.is_customer(browser) and there.is_customer(browser)
        assert here.is_customer(there.customer(f"/page{number}"))


def test_many_first_requests_at_a_cold_node_ask_redis_once(nodes, redis):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    before = redis.calls("eval")
    redis.freeze()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(there.is_customer, browser) for _ in range(8)]
        time.sleep(0.3)
        redis.thaw()
        assert all(one.result() for one in waiting)
    assert redis.calls("eval") - before <= 2


def test_login_begun_at_one_node_is_finished_at_another(nodes):
    here, there = nodes.start(), nodes.start()
    lines = f"redirect_uri {here.origin}/oidc_callback;"
    nodes.reload(here, lines=lines)
    nodes.reload(there, lines=lines)
    browser = there.browser()
    callback = here.begin(browser, "/page")
    done = browser.open(callback.replace(here.origin, there.origin), follow=False)
    assert done.status == 302 and here.is_customer(browser) and there.is_customer(browser)


def test_new_login_ends_the_old_session_everywhere(pair):
    here, there = pair
    old = here.customer().cookies(here.url())[here.session_cookie]
    thief = there.browser()
    thief.set_cookie(there.url(), there.session_cookie, old)
    assert there.is_customer(thief)
    callback = here.begin(fresh := here.browser(), "/page")
    fresh.set_cookie(here.url(), here.session_cookie, old)
    here.come_back(fresh, callback)
    wait_until(lambda: not there.is_customer(thief), "the end of the old session", 5)


@pytest.mark.parametrize("path, status", [("/", 503), ("/open/", 200)])
def test_only_what_needs_a_login_is_refused_while_redis_is_away(nodes, redis, path, status):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    redis.kill()
    wait_until_away(there)
    assert there.browser().open(there.url(path), follow=False).status in (302, status)
    assert browser.open(there.url(path), follow=False).status == status


def test_name_that_nobody_knows_is_told_and_holds_nobody_up(nodes):
    node = nodes.start(url="redis://no-such-host.invalid", connected=False)
    error = wait_until(lambda: redis_status(node)["last_error"], "the failed look-up", 30)
    assert "no-such-host.invalid" in error
    began = time.monotonic()
    assert node.browser().open(node.url("/open/")).status == 200 and time.monotonic() - began < 1
