"""Bug class: the answer of Redis to one customer's question is taken for that to another's."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.nodes import who


def customers(node, provider, count):
    """Browsers by the name of their customer."""
    found = {}
    for number in range(count):
        provider.customer["sub"] = f"customer-{number}"
        found[f"customer-{number}"] = node.customer()
    return found


def known_as(node, browser):
    """Whom the backend is told of; None where Redis is not to be had, or a login is asked for."""
    answer = browser.open(node.url("/"), follow=False)
    assert answer.status in (200, 302, 503)
    return header(answer.json(), "X-Customer-Id") if answer.status == 200 else None


def test_twenty_first_requests_at_once_are_each_answered_with_their_own(nodes, provider):
    here, there = nodes.start(), nodes.start()
    browsers = customers(here, provider, 20)
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda browser: who(there, browser), browsers.values())) == list(browsers)


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3])
def test_answers_that_come_late_are_nobody_elses(nodes, provider, redis, seconds):
    """Shorter and longer than nginx waits for one: what comes after that is not the answer to the next question."""
    here, there = nodes.start(), nodes.start()
    browsers = customers(here, provider, 6)
    names, half = list(browsers), len(browsers) // 2
    redis.freeze()
    with ThreadPoolExecutor(6) as pool:
        early = [pool.submit(known_as, there, browsers[name]) for name in names[:half]]
        time.sleep(seconds)
        late = [pool.submit(known_as, there, browsers[name]) for name in names[half:]]
        redis.thaw()
        for name, answer in zip(names, early + late):
            assert answer.result() in (name, None)
    deadline = time.monotonic() + 20
    while [known_as(there, browser) for browser in browsers.values()] != names:
        assert time.monotonic() < deadline, "Redis does not come back"
        time.sleep(0.2)
