"""The provider is slow, wrong or away: nobody is logged out, and who wants to log in is told."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import tokens
from support.site import SCOPE

QUICK = SCOPE + "timeout connect=500ms total=1s;"


def eventually(condition, seconds=8):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def login_page_status(site):
    return site.browser().open(site.url("/"), follow=False).status


# At the start


def test_nginx_starts_without_the_provider_and_logs_in_once_it_is_there(site, provider):
    provider.stop()
    site.start(provider=QUICK)
    answer = site.browser().open(site.url("/"))
    assert answer.status == 502 and int(answer.get("Retry-After")) > 0
    assert "no-store" in answer.get("Cache-Control") and "<h1>" in answer.text
    assert 'ciam: provider "shop": ' in site.nginx.log()
    provider.start()
    assert eventually(lambda: login_page_status(site) == 302)
    site.customer()


def test_metadata_and_keys_are_there_before_the_first_customer(site, provider):
    site.start(workers=2)
    assert eventually(lambda: provider.seen("jwks"))
    time.sleep(0.3)
    assert len(provider.seen("discovery")) == 1 and len(provider.seen("jwks")) == 1
    site.customer()
    assert len(provider.seen("discovery")) == 1


def test_nginx_t_asks_nobody(site, provider):
    assert site.check().ok
    assert provider.requests == []


DISCOVERY_WRONG = {
    "status 500": {"discovery": {"status": 500}},
    "status 404": {"discovery": {"status": 404}},
    "a redirect": {"discovery": {"status": 302, "headers": {"Location": "/jwks"}}},
    "garbage": {"discovery": {"body": "<html>"}},
    "nothing": {"discovery": {"body": ""}},
    "a list": {"discovery": {"body": "[]"}},
    "JSON nested without end": {"discovery": {"body": "[" * 200_000}},
    "a huge answer": {"discovery": {"body": '{"a":"' + "x" * 20_000_000 + '"}'}},
    "a connection cut": {"discovery": {"reset": True}},
    "another issuer": {"metadata": {"issuer": "https://other.example"}},
    "issuer with a slash added": {"metadata": {"issuer": "@ISSUER@/"}},
    "no issuer": {"metadata": {"issuer": None}},
    "no authorization endpoint": {"metadata": {"authorization_endpoint": None}},
    "no token endpoint": {"metadata": {"token_endpoint": None}},
    "no keys' address": {"metadata": {"jwks_uri": None}},
    "endpoint that is no URL": {"metadata": {"token_endpoint": "javascript:1"}},
    "endpoint by http elsewhere": {"metadata": {"token_endpoint": "http://login.example/token"}},
    "keys that are none": {"jwks": {"body": "{}"}},
    "keys in status 500": {"jwks": {"status": 500}},
}


@pytest.mark.parametrize("orders", DISCOVERY_WRONG.values(), ids=DISCOVERY_WRONG.keys())
def test_nobody_is_sent_away_to_a_provider_whose_metadata_are(site, provider, orders):
    metadata = orders.get("metadata", {})
    filled = {key: value and value.replace("@ISSUER@", provider.issuer) for key, value in metadata.items()}
    provider.behave(**{**orders, **({"metadata": filled} if filled else {})})
    answer = site.start(provider=QUICK).browser().open(site.url("/"), follow=False)
    assert answer.status == 502
    assert 'ciam: provider "shop": ' in site.nginx.log()
    provider.behave_well()
    assert eventually(lambda: login_page_status(site) == 302)


def test_provider_that_does_not_answer_is_a_gateway_timeout(site, provider):
    provider.behave(discovery={"hang": True})
    begin = time.monotonic()
    answer = site.start(provider=QUICK).browser().open(site.url("/"), follow=False)
    assert answer.status == 504 and time.monotonic() - begin < 6
    assert int(answer.get("Retry-After")) > 0


def test_provider_that_is_busy_is_a_503_with_retry_after(site, provider):
    provider.behave(discovery={"status": 429, "headers": {"Retry-After": "1"}})
    answer = site.start(provider=QUICK).browser().open(site.url("/"), follow=False)
    assert answer.status == 503 and int(answer.get("Retry-After")) > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_twenty_first_customers_at_once_all_wait_for_one_discovery(site, provider, workers):
    provider.behave(discovery={"delay": 1})
    site.start(workers=workers)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: login_page_status(site), range(20)))
    assert statuses == [302] * 20
    assert len(provider.seen("discovery")) == 1


def test_twenty_first_customers_at_once_are_all_told_that_it_failed(site, provider):
    provider.behave(discovery={"delay": 0.5, "status": 500})
    site.start(provider=QUICK, workers=2)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: login_page_status(site), range(20)))
    assert statuses == [502] * 20


def test_customer_who_leaves_does_not_stop_the_discovery_that_others_wait_for(site, provider):
    provider.behave(discovery={"delay": 0.8})
    site.start()
    with ThreadPoolExecutor() as pool:
        site.browser().leave(site.url("/"))
        waiting = [pool.submit(login_page_status, site) for _ in range(3)]
        assert [one.result() for one in waiting] == [302] * 3
    assert len(provider.seen("discovery")) == 1


def test_worker_that_dies_in_the_middle_of_a_discovery_does_not_block_the_others(site, provider):
    provider.behave(discovery={"hang": True, "times": 1})
    site.start(provider=QUICK)
    assert eventually(lambda: provider.seen("discovery"))
    for pid in site.nginx.worker_pids():
        site.nginx.kill_worker(pid)
    assert eventually(lambda: login_page_status(site) == 302)


# While customers are logged in


def test_customers_notice_nothing_while_the_provider_is_away(site, provider):
    browser = site.start(provider=QUICK).customer()
    provider.stop()
    times = []
    for _ in range(5):
        begin = time.monotonic()
        assert site.is_customer(browser)
        times.append(time.monotonic() - begin)
    site.reload(provider=QUICK)
    assert site.is_customer(browser)
    assert max(times) < 0.5


def test_stale_metadata_still_send_customers_to_the_provider(site, provider):
    site.start(provider=QUICK).customer()
    provider.stop()
    site.reload(provider=QUICK)
    assert site.goes_to_provider(site.browser().open(site.url("/"), follow=False))


TOKEN_DOWN = {
    "is away": (None, 502),
    "answers 500": ({"status": 500}, 502),
    "refuses the client": ({"status": 401, "body": '{"error":"invalid_client"}'}, 500),
    "hangs": ({"hang": True}, 504),
    "answers 429": ({"status": 429, "headers": {"Retry-After": "7"}}, 503),
    "answers 503": ({"status": 503}, 503),
}


@pytest.mark.parametrize("order, status", TOKEN_DOWN.values(), ids=TOKEN_DOWN.keys())
def test_callback_ends_on_an_error_page_when_the_token_endpoint(site, provider, order, status):
    browser = site.start(provider=QUICK).browser()
    callback = site.begin(browser)
    if order is None:
        provider.stop()
    else:
        provider.behave(token=order)
    answer = site.come_back(browser, callback)
    expected = {status, 502} if order and "invalid_client" in order.get("body", "") else {status}
    assert answer.status in expected and "<h1>" in answer.text
    assert (answer.get("Retry-After") is not None) == (status in (502, 503, 504))
    assert 'ciam: provider "shop": ' in site.nginx.log()
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())


def test_wrong_client_secret_is_told_to_the_sysadmin(site, provider, secrets):
    provider.behave(token={"status": 401, "body": '{"error":"invalid_client"}'})
    assert site.start().browser().open(site.url("/")).status in (500, 502)
    log = site.nginx.log()
    assert "invalid_client" in log and "client_secret" in log


def test_token_endpoint_that_hangs_holds_up_nobody_else(site, provider):
    browser = site.start(provider=SCOPE + "timeout connect=1s total=3s;").customer()
    provider.behave(token={"hang": True})
    others = [site.browser() for _ in range(5)]
    callbacks = [site.begin(one) for one in others]
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(site.come_back, one, url) for one, url in zip(others, callbacks)]
        time.sleep(0.3)
        begin = time.monotonic()
        assert all(site.is_customer(browser) for _ in range(10))
        assert time.monotonic() - begin < 1
        assert [one.result().status for one in waiting] == [504] * 5


# New keys


def test_keys_that_were_replaced_are_fetched_at_the_next_login(site, provider):
    site.start().customer()
    time.sleep(1.1)
    provider.use_key(tokens.SigningKey(kid="key-2", number=1))
    site.customer()
    assert len(provider.seen("jwks")) == 2


def test_keys_that_were_replaced_under_the_same_kid_are_not_believed_blindly(site, provider):
    site.start().customer()
    provider.use_key(tokens.SigningKey(kid="key-1", number=1), publish=False)
    assert site.browser().open(site.url("/")).status == 502


def test_tokens_of_unknown_keys_do_not_make_nginx_ask_without_end(site, provider):
    site.start().customer()
    provider.behave(id_token_header={"kid": "nobody's"})
    for _ in range(6):
        assert site.browser().open(site.url("/")).status == 502
    # Once for each second or failed login at most, and never in circles.
    assert len(provider.seen("jwks")) <= 8


def test_keys_of_oidc_provider_may_be_replaced_between_two_logins(real_site):
    real_site.start()
    for _ in range(2):
        browser = real_site.browser()
        browser.set_cookie(real_site.provider.issuer, "autologin", "zoe")
        assert browser.open(real_site.url("/")).status == 200
        real_site.provider.rotate()
        time.sleep(1.1)
