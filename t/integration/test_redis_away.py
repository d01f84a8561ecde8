"""Redis is killed, stands still, is empty again, full, locked, or is no Redis at all."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.nodes import LOCATIONS, redis_status, wait_until_away, wait_until_connected
from support.ports import wait_until
from support.redis import Impostor

PATIENCE = 6  # seconds in which no answer may take longer, on a slow machine too


def timed(node, browser, path="/"):
    began = time.monotonic()
    answer = browser.open(node.url(path), follow=False)
    assert time.monotonic() - began < PATIENCE
    return answer


def assert_refused_politely(answer):
    assert answer.status == 503 and int(answer.get("Retry-After")) > 0
    assert "try again" in answer.text


def test_customers_go_on_while_redis_is_away(nodes, redis):
    node = nodes.start()
    browser = node.customer()
    redis.kill()
    wait_until_away(node)
    assert all(timed(node, browser).status == 200 for _ in range(5))


def test_customers_go_on_while_redis_stands_still(nodes, redis):
    node = nodes.start()
    browser = node.customer()
    redis.freeze()
    assert all(timed(node, browser).status == 200 for _ in range(5))
    wait_until_away(node)
    assert all(timed(node, browser).status == 200 for _ in range(5))
    redis.thaw()
    wait_until_connected(node)


def test_grace_ends(nodes, redis):
    node = nodes.start("redis_grace=2s")
    browser = node.customer()
    redis.kill()
    wait_until(lambda: timed(node, browser).status == 503, "the end of grace", 10)
    assert_refused_politely(timed(node, browser))


def test_session_that_only_redis_has_is_not_taken_for_none(nodes, redis):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    redis.kill()
    wait_until_away(there)
    assert_refused_politely(timed(there, browser))


@pytest.mark.parametrize("loss", ["kill", "freeze"])
def test_login_that_can_not_be_kept_is_refused_and_its_code_not_spent(nodes, redis, provider, loss):
    node = nodes.start()
    browser = node.browser()
    callback = node.begin(browser, "/page")
    getattr(redis, loss)()
    wait_until_away(node)
    answer = node.come_back(browser, callback)
    assert_refused_politely(answer)
    assert node.session_cookie not in browser.cookies(node.url())
    redis.thaw() if loss == "freeze" else redis.start()
    wait_until_connected(node)
    assert node.come_back(browser, callback).location == node.url("/page")
    assert node.is_customer(browser)


def test_everything_comes_back_with_redis(nodes, redis):
    here, there = nodes.start(), nodes.start()
    redis.kill()
    wait_until_away(here)
    redis.start()
    began = time.monotonic()
    for node in (here, there):
        wait_until_connected(node)
    assert time.monotonic() - began < PATIENCE
    browser = here.customer()
    assert there.is_customer(browser)


def test_sessions_end_with_a_redis_that_lost_them(nodes, redis):
    """At once, since the nodes know that they may have missed something."""
    node = nodes.start()
    browser = node.customer()
    redis.kill()
    wait_until_away(node)
    assert node.is_customer(browser)
    redis.start()  # empty
    wait_until_connected(node)
    assert not node.is_customer(browser)


def test_flush_is_noticed_after_the_recheck_time(nodes, redis):
    node = nodes.start("redis_recheck=1s")
    browser = node.customer()
    redis.command("FLUSHALL")
    wait_until(lambda: not node.is_customer(browser), "the recheck", 10)


def test_logout_while_redis_is_away_holds_here_at_once_and_everywhere_later(nodes, redis):
    here, there = nodes.start(), nodes.start("redis_recheck=1h")
    browser = here.customer()
    thief = there.browser()
    thief.set_cookie(there.url(), there.session_cookie, browser.cookies(here.url())[here.session_cookie])
    assert there.is_customer(thief) and here.is_customer(thief)
    redis.freeze()  # it keeps what it has
    wait_until_away(here)
    assert browser.click("/logout", follow=False).status == 302
    assert redis_status(here)["queued_deletions"] == 1
    assert timed(here, thief).status == 302
    redis.thaw()
    wait_until(lambda: not there.is_customer(thief), "the other node to hear of the logout", 15)
    assert not here.is_customer(thief)
    wait_until(lambda: redis_status(here)["queued_deletions"] == 0, "the deletion", 15)


@pytest.mark.parametrize("disturbance", ["reload", "worker dies"])
def test_queued_logout_outlives_the_worker(nodes, redis, disturbance):
    node = nodes.start()
    browser = node.customer()
    session = browser.cookies(node.url())[node.session_cookie]
    redis.freeze()
    wait_until_away(node)
    browser.click("/logout", follow=False)
    if disturbance == "reload":
        nodes.reload(node)
    else:
        (pid,) = node.nginx.worker_pids()
        node.nginx.kill_worker(pid)
        wait_until(lambda: node.nginx.worker_pids() not in (set(), {pid}), "a new worker")
    assert redis_status(node)["queued_deletions"] == 1
    browser.set_cookie(node.url(), node.session_cookie, session)
    assert timed(node, browser).status == 302
    redis.thaw()
    wait_until(lambda: redis_status(node)["queued_deletions"] == 0, "the deletion", 20)
    assert not node.is_customer(browser)


def test_reload_while_redis_is_away_keeps_the_customers(nodes, redis):
    node = nodes.start(workers=2)
    browser = node.customer()
    redis.kill()
    wait_until_away(node)
    nodes.reload(node)
    assert all(timed(node, browser).status == 200 for _ in range(6))


def test_redis_that_is_full_refuses_logins_and_keeps_customers(nodes, make_redis):
    redis = nodes.redis = make_redis(options=["maxmemory 3mb", "maxmemory-policy noeviction"])
    node = nodes.start()
    browser = node.customer()
    fill(redis)
    assert_refused_politely(timed_login(node))
    assert node.is_customer(browser)
    browser.click("/logout", follow=False)  # a logout needs no memory
    wait_until(lambda: redis_status(node)["queued_deletions"] == 0, "the deletions")
    redis.command("DEL", "filling")
    assert node.is_customer(node.customer())


def fill(redis):
    redis.command("CONFIG", "SET", "maxmemory", "0")
    redis.command("EVAL", "redis.call('SET', KEYS[1], string.rep('x', 3500000))", 1, "filling")
    redis.command("CONFIG", "SET", "maxmemory", "3mb")


def timed_login(node):
    browser = node.browser()
    callback = node.begin(browser, "/")
    began = time.monotonic()
    answer = node.come_back(browser, callback)
    assert time.monotonic() - began < PATIENCE
    return answer


ANSWERS = {
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "OK to everything": b"+OK\r\n",
    "more than was asked": b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n",
    "numbers": b":1\r\n",
    "nothing to everything": b"$-1\r\n",
    "an array without end": b"*1000000000\r\n",
    "half a reply": b"$100\r\nabc",
    "messages": b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n",
    "errors": b"-ERR s3cret-of-the-test\r\n",
    "silence": b"",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_what_only_pretends_to_be_redis_does_no_harm(nodes, answer):
    impostor = Impostor(answer)
    node = nodes.start(url=impostor.url, connected=False)
    try:
        wait_until(lambda: impostor.visits >= 4, "attempts", 20)
        worker = node.nginx.worker_pids()
        assert_refused_politely(timed_login(node))
        assert node.nginx.worker_pids() == worker, "the worker died"
        assert "s3cret-of-the-test" not in node.nginx.log()
    finally:
        impostor.stop()


def test_lines_about_a_redis_that_is_away_are_few(nodes, redis):
    node = nodes.start()
    redis.kill()
    time.sleep(4)  # many attempts
    lines = [line for line in node.nginx.log().splitlines() if "Redis" in line and "is away" in line]
    assert 1 <= len(lines) <= 4
    assert f"127.0.0.1:{redis.port}" in lines[0] and "customers" in lines[0]


def test_page_for_everybody_is_shown_as_to_a_visitor(nodes, redis):
    here, there = nodes.start(), nodes.start()
    browser = here.customer()
    there.reload("auth_oidc_mode optional;", LOCATIONS, **nodes.parts())
    redis.kill()
    wait_until_away(there)
    answer = timed(there, browser)
    assert answer.status == 200 and header(answer.json(), "X-Customer-Id") is None


def test_slow_redis_holds_up_only_who_needs_it(nodes, redis):
    here, there = nodes.start(), nodes.start()
    stranger, known = here.customer(), there.customer()
    redis.command("CLIENT", "PAUSE", 600, "ALL")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(there.is_customer, stranger)
        began = time.monotonic()
        assert all(there.is_customer(known) for _ in range(3))
        assert there.browser().open(there.url("/open/")).status == 200
        assert not waiting.done() or time.monotonic() - began > 0.3, "nobody was held up"
        assert waiting.result()
