"""Several nginx share sessions through Redis: a session's tokens are refreshed once, whichever it asks."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.expiring import LOCATIONS, TIMEOUT, all_at_once, customer, told
from support.load import outcome_of
from support.nodes import wait_until_away, wait_until_connected
from support.ports import wait_until

STATUS = "location = /status { auth_oidc off; oidc_status; }"


def start_node(nodes):
    node = nodes.make_site(nodes.provider)
    node.start("", LOCATIONS + STATUS, **nodes.parts("", TIMEOUT))
    wait_until_connected(node)
    return node


@pytest.fixture
def pair(nodes):
    return start_node(nodes), start_node(nodes)


def test_hundred_requests_at_two_nodes_make_one_call(pair, provider):
    here, there = pair
    browser = customer(here, provider)
    provider.behave(refresh={"delay": 0.5})
    found = all_at_once(100, lambda turns=iter([here, there] * 50): told(next(turns), browser))
    assert len(provider.seen("refresh")) == 1
    assert {code for _, code, _ in found} == {None} and len({token for token, _, _ in found}) == 1


def test_token_that_one_node_has_fetched_is_passed_on_by_the_other(pair, provider):
    here, there = pair
    browser = customer(here, provider)
    token = told(here, browser)[0]
    wait_until(lambda: told(there, browser)[0] == token, "the other node to hear of it", 5)
    assert len(provider.seen("refresh")) == 1


def test_rotated_tokens_go_back_and_forth(pair, provider):
    browser = customer(pair[0], provider)
    provider.behave(refresh_response={"expires_in": 0})
    found = [told(pair[turn % 2], browser) for turn in range(10)]
    assert {code for _, code, _ in found} == {None} and len(provider.seen("refresh")) <= 10
    assert all(token in provider.access_tokens for token, _, _ in found)


@pytest.mark.parametrize("loss", ["kill", "freeze"])
def test_no_refresh_token_is_spent_while_redis_is_away(pair, provider, redis, loss):
    here, _ = pair
    browser = customer(here, provider)
    getattr(redis, loss)()
    wait_until_away(here)
    assert told(here, browser) == (None, "store_away", 0)
    assert not provider.seen("refresh")
    redis.thaw() if loss == "freeze" else redis.start()


def turns(redis):
    return redis.keys("ciam:r:*")


def test_turn_of_a_node_is_given_back_and_ends_by_itself_where_it_is_not(pair, provider, redis, held):
    here, _ = pair
    browser = customer(here, provider)
    answer = held("refresh")
    browser.leave(here.url("/api/"))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    (key,) = turns(redis)
    assert 0 < int(redis.command("TTL", key)) <= 30
    answer.set()
    wait_until(lambda: not turns(redis), "the end of the turn")


def test_node_waits_for_a_turn_that_another_has(pair, provider, redis, held):
    here, there = pair
    browser = customer(here, provider)
    answer = held("refresh")
    browser.leave(here.url("/api/"))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(told, there, browser)
        time.sleep(0.5)
        assert not waiting.done()
        answer.set()
        assert waiting.result()[0] in provider.access_tokens
    assert len(provider.seen("refresh")) == 1


def test_worker_takes_over_the_turn_of_one_that_was_killed(pair, provider, held):
    here, _ = pair
    browser = customer(here, provider)
    provider.rotates = False
    held("refresh", times=1)
    browser.leave(here.url("/api/"))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    here.nginx.kill_worker(*here.nginx.worker_pids())
    wait_until(lambda: outcome_of(lambda: told(here, browser)[1]) is None, "a token", 10)
    assert len(provider.seen("refresh")) == 2


def test_tokens_are_kept_when_redis_comes_back_in_the_middle(pair, provider, redis, held):
    here, _ = pair
    browser = customer(here, provider)
    answer = held("refresh")
    browser.leave(here.url("/api/"))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    redis.freeze()
    answer.set()
    time.sleep(1)
    redis.thaw()
    wait_until_connected(here)
    wait_until(lambda: told(here, browser)[1] is None, "the token", 20)
    wait_until(lambda: not turns(redis), "the end of the refresh", 20)
    assert len(provider.seen("refresh")) == 1
