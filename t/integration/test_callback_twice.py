"""A callback that comes more than once: one login, whoever is first, and nobody sees an error."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.ports import wait_until
from support.site import SCOPE

QUICK = SCOPE + "timeout connect=1s total=2s;"


def several(site, browser, callback, count):
    """The same browser asks so many times at once; the answers in no order."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: site.come_back(browser, callback), range(count)))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("count", [2, 8])
def test_code_is_spent_once_however_many_callbacks_come_at_once(site, provider, workers, count):
    browser = site.start(workers=workers).browser()
    callback = site.begin(browser, "/page?x=1")
    provider.behave(token={"delay": 0.4})
    answers = several(site, browser, callback, count)
    assert [answer.location for answer in answers] == [site.url("/page?x=1")] * count
    assert len(provider.seen("token")) == 1
    assert sum("NGX_OIDC_SESSION" in answer.new_cookies() for answer in answers) == 1
    assert site.is_customer(browser)


def test_second_callback_tries_for_itself_where_the_first_got_no_answer(site, provider):
    browser = site.start(provider=QUICK).browser()
    callback = site.begin(browser, "/page")
    provider.behave(token={"delay": 0.4, "status": 500, "body": "", "times": 1})
    answers = several(site, browser, callback, 2)
    assert sorted(answer.status for answer in answers) == [302, 502]
    assert site.is_customer(browser)


def test_second_callback_does_not_wait_for_ever(site, provider):
    browser = site.start(provider=QUICK).browser()
    callback = site.begin(browser, "/page")
    provider.behave(token={"hang": True})
    began = time.monotonic()
    assert {answer.status for answer in several(site, browser, callback, 3)} <= {302, 504}
    assert time.monotonic() - began < 15


def test_customer_who_leaves_and_asks_again_is_led_to_his_page(site, provider):
    """Browsers give a request up when its address is opened once more."""
    browser = site.start().browser()
    callback = site.begin(browser, "/page")
    provider.behave(token={"delay": 0.5, "times": 1})
    browser.leave(callback)
    wait_until(lambda: provider.seen("token"), "the first call")
    answer = site.come_back(browser, callback, follow=True)
    assert answer.status == 200 and answer.json()["target"] == "/page"


def test_refused_code_is_refused_again(site, provider):
    browser = site.start().browser()
    callback = site.begin(browser)
    provider.behave(token={"status": 400, "body": '{"error":"invalid_grant"}'})
    assert [site.come_back(browser, callback).status for _ in range(2)] == [400, 400]
    assert len(provider.seen("token")) == 2


def test_other_logins_of_the_same_browser_do_not_wait(site, provider):
    browser = site.start().browser()
    slow, quick = site.begin(browser, "/slow"), site.begin(browser, "/quick")
    provider.behave(token={"delay": 1, "times": 1})
    done = []
    thread = threading.Thread(target=lambda: done.append(site.come_back(browser, slow).location))
    thread.start()
    wait_until(lambda: provider.seen("token"), "the first call")
    assert site.come_back(browser, quick).location == site.url("/quick") and not done
    thread.join()
    assert done == [site.url("/slow")]
