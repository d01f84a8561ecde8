"""What is in Redis: sealed, bounded in time, one call for each change; and what who can write there can do."""

import re
import time

import pytest
from support.nodes import who
from support.ports import wait_until

def session_keys(redis):
    return redis.keys("ciam:s:*")


def test_redis_holds_nothing_that_can_be_read(nodes, redis, secrets):
    node = nodes.start()
    node.customer()
    keys = redis.keys()
    assert [bool(re.fullmatch(r"ciam:[st]:[0-9a-f]{64}", key)) for key in keys] == [True] * len(keys) and len(keys) >= 2
    contents = "".join(redis.command("--no-raw", "HGETALL", key) for key in session_keys(redis))
    contents += "".join(redis.command("--no-raw", "ZRANGE", key, 0, -1) for key in redis.keys("ciam:t:*"))
    assert not secrets.found_in(contents + " ".join(keys))
    assert "example" not in contents and "customer" not in contents


def test_keys_end_with_the_session(nodes, redis):
    node = nodes.start(lines="session_timeout 1h; session_max_lifetime 2h;")
    node.customer()
    (key,) = session_keys(redis)
    assert 3590 <= int(redis.command("TTL", key)) <= 3600
    for tag in redis.keys("ciam:t:*"):
        assert 7190 <= int(redis.command("TTL", tag)) <= 7200


def test_session_lives_on_at_one_node_while_it_is_used_at_another(nodes, redis):
    here, there = nodes.start(lines="session_timeout 4s;"), nodes.start(lines="session_timeout 4s;")
    browser = here.customer()
    end = time.monotonic() + 6
    while time.monotonic() < end:
        assert here.is_customer(browser)
        time.sleep(0.2)
    assert there.is_customer(browser)


def test_nothing_is_left_of_a_session_after_its_logout_but_a_mark_for_a_minute(nodes, redis):
    node = nodes.start()
    node.customer().click("/logout", follow=False)
    (key,) = session_keys(redis)
    assert redis.command("HGETALL", key).split() == ["x", "1"] and 0 < int(redis.command("TTL", key)) <= 60


def test_requests_with_a_session_that_is_here_ask_redis_nothing(nodes, redis):
    node = nodes.start()
    browser = node.customer()
    before = redis.calls("eval")
    assert all(node.is_customer(browser) for _ in range(20))
    assert redis.calls("eval") == before


def test_each_change_is_one_call(nodes, redis):
    node = nodes.start()
    before = redis.calls("eval")
    browser = node.customer()
    tags = len(redis.keys("ciam:t:*"))
    assert redis.calls("eval") - before == tags + 1  # the index of each tag, then the session
    before = redis.calls("eval")
    browser.click("/logout", follow=False)
    assert redis.calls("eval") - before == 1


CHANGES = {
    "swapped bytes": "redis.call('HSET', KEYS[1], 'h', string.reverse(redis.call('HGET', KEYS[1], 'h')))",
    "no bytes": "redis.call('HSET', KEYS[1], 'h', '')",
    "many bytes": "redis.call('HSET', KEYS[1], 'h', string.rep('x', 100000))",
    "another type": "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], 'x')",
    "numbers that are none": "redis.call('HSET', KEYS[1], 'i', 'x', 'l', 'y')",
    "enormous numbers": "redis.call('HSET', KEYS[1], 'i', '9223372036854775807', 'l', '9223372036854775807')",
    "negative numbers": "redis.call('HSET', KEYS[1], 'i', '-1', 'l', '-1')",
    "fractions": "redis.call('HSET', KEYS[1], 'i', '1e3')",
    "no version": "redis.call('HDEL', KEYS[1], 'v')",
    "a version that is none": "redis.call('HSET', KEYS[1], 'v', 'x')",
    "half a tag": "redis.call('HSET', KEYS[1], 't', 'abc')",
    "fields that are missing": "redis.call('HDEL', KEYS[1], 'h', 'c', 't')",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_who_can_write_to_redis_logs_nobody_in(nodes, redis, change):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    (key,) = session_keys(redis)
    redis.command("EVAL", change, 1, key)
    thief = there.browser()
    thief.jar = browser.jar
    for _ in range(2):
        assert thief.open(there.url("/"), follow=False).status in (302, 503)
    assert there.is_customer(there.customer())


def test_session_of_one_customer_put_in_anothers_place_is_none(nodes, redis):
    here, there = nodes.start(), nodes.start()
    first = here.customer()
    (mine,) = session_keys(redis)
    here.customer()
    (other,) = set(session_keys(redis)) - {mine}
    redis.command("COPY", other, mine, "REPLACE")
    assert who(there, first) is None


def test_update_by_another_node_is_seen_at_once(nodes, redis):
    """As another node does it: a new version, and a word about it."""
    node = nodes.start("redis_recheck=1h")
    browser = node.customer()
    (key,) = session_keys(redis)
    version = "00000000000000aa"
    script = (
        "redis.call('HSET', KEYS[1], 'v', ARGV[1], 'h', 'not sealed')"
        "redis.call('PUBLISH', 'ciam:changed:0', ARGV[2] .. ARGV[1])"
    )
    assert node.is_customer(browser)
    redis.command("EVAL", script, 1, key, version, key.removeprefix("ciam:s:"))
    wait_until(lambda: not node.is_customer(browser), "the new version, which is not sealed", 1)


MESSAGES = {"empty": "", "short": "0" * 79, "no digits": "z" * 80, "of nobody": "0" * 80, "long": "0" * 100_000}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_messages_of_others_do_no_harm(nodes, redis, message):
    node = nodes.start()
    browser = node.customer()
    redis.command("PUBLISH", "ciam:changed:0", message)
    assert node.is_customer(browser)


def test_sites_with_prefixes_of_their_own_share_a_redis_and_no_session(nodes, redis):
    here, there = nodes.start("redis_prefix=a:"), nodes.start("redis_prefix=b:")
    browser = here.customer()
    assert not there.is_customer(browser)
    assert {key[:2] for key in redis.keys()} == {"a:"}


def test_prefix_may_hold_what_lua_and_redis_quote(nodes, redis):
    node = nodes.start("redis_prefix=shop'1%:")
    assert node.is_customer(node.customer())
    assert {key[:8] for key in redis.keys()} == {"shop'1%:"}
