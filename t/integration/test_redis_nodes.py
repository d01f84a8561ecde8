"""Several nginx share sessions through Redis: what happens at one is known at the others at once."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.nginx import ROOT
from support.nodes import redis_status, wait_until_away, wait_until_connected, who
from support.ports import wait_until


@pytest.fixture
def pair(nodes):
    return nodes.start(), nodes.start()


def test_login_at_one_node_is_known_at_the_other_at_once(pair):
    here, there = pair
    browser = here.customer()
    assert who(there, browser) == who(here, browser) is not None


def test_login_at_one_node_is_known_to_auth_request_at_the_other_at_once(pair):
    """A subrequest, too, can wait for Redis."""
    here, there = pair
    browser = here.customer()
    assert who(there, browser, "/asked/") == who(here, browser) is not None


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


@pytest.fixture
def limited(nodes, provider):
    """Two nodes where a customer may have two sessions. The provider dates them, since the oldest is told by the second;
    it names none, so that the customer is their only group."""
    here, there = (nodes.start(lines="sessions_per_subject 2;") for _ in range(2))
    began = int(time.time()) - 30

    def log_in(node, number):
        provider.behave(id_token={"iat": began + number, "sid": None})
        return node.customer()

    return here, there, log_in


def test_customer_has_no_more_sessions_over_all_nodes_than_the_site_allows(limited):
    here, there, log_in = limited
    first, second = log_in(here, 0), log_in(there, 1)
    assert all(node.is_customer(browser) for node in (here, there) for browser in (first, second))
    third = log_in(there, 2)
    wait_until(lambda: not here.is_customer(first), "the node with a copy of the oldest to hear of its end", 5)
    assert not there.is_customer(first)
    assert all(node.is_customer(browser) for node in (here, there) for browser in (second, third))


def test_sessions_of_others_are_not_counted(limited, provider):
    here, there, log_in = limited
    other = here.customer()
    provider.customer["sub"] = "busy"
    busy = [log_in(node, number) for number, node in enumerate([here, there, here, there])]
    wait_until(lambda: not here.is_customer(busy[1]), "the end of the old sessions", 5)
    assert [there.is_customer(browser) for browser in busy] == [False, False, True, True]
    assert here.is_customer(other) and there.is_customer(other)


def test_sessions_that_have_ended_are_not_counted(limited, redis):
    here, there, log_in = limited
    stays = log_in(here, 0)
    for number in range(1, 4):
        log_in(there, number).click("/logout", follow=False)
        wait_until(lambda: len(members(redis)) == 1, "the group to forget the session that ended", 5)
    assert here.is_customer(stays) and there.is_customer(stays)


def test_sessions_that_were_not_used_for_long_go_before_older_ones_that_were(limited, redis):
    here, there, log_in = limited
    stays = log_in(here, 0)
    before = redis.keys("ciam:s:*")
    log_in(there, 1)
    (idle,) = set(redis.keys("ciam:s:*")) - set(before)
    redis.command("DEL", idle)  # as Redis does it then
    log_in(there, 2)
    assert here.is_customer(stays) and there.is_customer(stays)
    assert len(members(redis)) == 2


def members(redis):
    """Of the only group in Redis."""
    (group,) = redis.keys("ciam:t:*")
    return redis.command("--no-raw", "ZRANGE", group, 0, -1).splitlines()


def bury(redis, group, not_after, keep_until):
    """The end of a group as a node leaves it in Redis: with the module's own script."""
    (script,) = re.findall(r'bury = R"\((.+?)\)";', (ROOT / "src/store/redis_scripts.hpp").read_text(), re.S)
    redis.command("EVAL", script, 1, group, -not_after, -keep_until, 600)


@pytest.mark.parametrize(
    "not_after, keep_until, status",
    [(0, 600, "refused"), (-60, 600, "let in"), (0, -1, "let in")],
    ids=["issued before the end", "issued after it", "long ago"],
)
def test_login_that_the_end_of_its_group_has_overtaken_is_refused_at_every_node(
    pair, redis, provider, not_after, keep_until, status
):
    here, there = pair
    issued = int(time.time())
    provider.behave(id_token={"iat": issued, "sid": None})
    here.customer()
    (group,) = redis.keys("ciam:t:*")
    bury(redis, group, issued + not_after, issued + keep_until)
    for node in (here, there):
        browser = node.browser()
        node.come_back(browser, node.begin(browser))
        assert node.is_customer(browser) == (status == "let in")
    sessions = 1 if status == "refused" else 3
    wait_until(lambda: live_sessions(redis) == sessions, "what is left of the logins", 20)


def live_sessions(redis):
    return sum(redis.command("HEXISTS", key, "v") == "1" for key in redis.keys("ciam:s:*"))


@pytest.mark.parametrize("path, status", [("/", 503), ("/open/", 200)])
def test_only_what_needs_a_login_is_refused_while_redis_is_away(nodes, redis, path, status):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    redis.kill()
    wait_until_away(there)
    assert there.browser().open(there.url(path), follow=False).status in (302, status)
    assert browser.open(there.url(path), follow=False).status == status


def test_logout_by_the_provider_ends_more_sessions_than_fit_into_one_answer(pair, redis, provider):
    here, there = pair
    provider.behave(id_token={"sid": "provider-session-1"})
    browser = here.customer()
    added = "for i = 1, 1100 do redis.call('ZADD', KEYS[1], i, string.format('%032d', i) .. '9999999999') end"
    for group in redis.keys("ciam:t:*"):
        redis.command("EVAL", added, 1, group)
    front = f"/front?iss={provider.issuer}&sid=provider-session-1"
    assert there.browser().fetch(there.url(front)).status == 200
    wait_until(lambda: not here.is_customer(browser), "the newest of them to end", 5)
    assert len(redis.keys("ciam:t:*")) == 1  # the customer's; the session's is empty


def test_name_that_nobody_knows_is_told_and_holds_nobody_up(nodes):
    node = nodes.start(url="redis://no-such-host.invalid", connected=False)
    error = wait_until(lambda: redis_status(node)["last_error"], "the failed look-up", 30)
    assert "no-such-host.invalid" in error
    began = time.monotonic()
    assert node.browser().open(node.url("/open/")).status == 200 and time.monotonic() - began < 1


def test_rule_holds_from_the_first_moment_at_a_node_where_a_map_was_read_before_redis_answered(nodes, provider):
    here, there = nodes.start(), nodes.make_site(provider)
    parts = nodes.parts()
    parts["http"] += f"map $oidc_subject $is_welcome {{ default 1; {provider.customer['sub']} 0; }}"
    open_pages = "location = /status { auth_oidc off; oidc_status; }"
    there.start("set $note $is_welcome; auth_require $is_welcome;", "location / { proxy_pass @BACKEND@; }" + open_pages, **parts)
    wait_until_connected(there)
    browser = here.customer()
    assert [browser.open(there.url(path), follow=False).status for path in ("/", "/")] == [403, 403]


def test_rule_of_a_check_where_login_is_optional_waits_for_redis(nodes, provider):
    here, there = nodes.start(), nodes.make_site(provider)
    parts = nodes.parts()
    parts["http"] += f"map $oidc_subject $is_welcome {{ default 1; {provider.customer['sub']} 0; }}"
    pages = """
        location = /auth { internal; auth_oidc_mode optional; oidc_check; auth_require $is_welcome; }
        location / { auth_oidc off; auth_request /auth; proxy_pass @BACKEND@; }
        location = /status { auth_oidc off; oidc_status; }
    """
    there.start("", pages, **parts)
    wait_until_connected(there)
    browser = here.customer()
    assert [browser.open(there.url(path), follow=False).status for path in ("/", "/")] == [403, 403]
