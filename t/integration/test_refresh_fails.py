"""The provider refuses, fails or is silent when tokens are to be refreshed: customers stay logged in, unless it says
that their login is over."""

import re
import time

import pytest
from support import tokens
from support.expiring import QUICK, all_at_once, customer, start, told
from support.ports import wait_until

PAUSE = 10


def log_lines(site, text):
    return [line for line in site.nginx.log().splitlines() if text in line]


FAILURES = {
    "429": ({"status": 429, "body": "{}"}, "provider_busy"),
    "503": ({"status": 503, "body": "{}"}, "provider_busy"),
    "500": ({"status": 500, "body": "{}"}, "provider_down"),
    "502 with a page": ({"status": 502, "body": "<html>", "content_type": "text/html"}, "provider_down"),
    "cut connection": ({"reset": True}, "provider_down"),
    "invalid client": ({"status": 401, "body": '{"error":"invalid_client"}'}, "provider_error"),
    "invalid request": ({"status": 400, "body": '{"error":"invalid_request"}'}, "provider_error"),
    "no JSON": ({"body": "tokens"}, "provider_error"),
    "no token": ({"body": '{"token_type":"Bearer"}'}, "provider_error"),
}


@pytest.mark.parametrize("order, code", FAILURES.values(), ids=FAILURES)
def test_customer_stays_logged_in_without_a_token(site, provider, order, code):
    browser = customer(start(site), provider)
    provider.behave(refresh=order)
    for _ in range(3):
        assert told(site, browser) == (None, code, 0)
    # A connection that was kept may have been closed before: then libcurl tries a new one, once.
    assert len(provider.seen("refresh")) <= (2 if "reset" in order else 1)
    (line,) = log_lines(site, "refresh: ")
    assert '[error]' in line and 'provider "shop"' in line and "customers stay logged in" in line


def test_provider_that_hangs_is_waited_for_once(site, provider):
    start(site)
    browser, other = customer(site, provider), customer(site, provider)
    provider.behave(refresh={"hang": True})
    began = time.monotonic()
    assert told(site, browser) == (None, "provider_down", 0)
    assert time.monotonic() - began > 1.5
    began = time.monotonic()
    assert told(site, other) == told(site, browser) == (None, "provider_down", 0)
    assert time.monotonic() - began < 1.5 and len(provider.seen("refresh")) == 1


def test_many_requests_wait_for_a_provider_that_hangs_no_longer_than_one(site, provider):
    browser = customer(start(site, workers=2), provider)
    provider.behave(refresh={"hang": True})
    found = all_at_once(20, lambda: told(site, browser))
    assert set(found) == {(None, "provider_down", 0)} and len(provider.seen("refresh")) == 1


def test_provider_is_left_alone_for_as_long_as_it_asks(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh={"status": 429, "body": "{}", "headers": {"Retry-After": "3"}, "times": 1})
    began = time.monotonic()
    wait_until(lambda: told(site, browser)[0] is not None, "a token", 20)
    assert 2.5 < time.monotonic() - began < PAUSE - 2
    assert len(provider.seen("refresh")) == 2
    assert told(site, browser)[1] is None


def test_one_refresh_finds_out_whether_the_provider_is_back(site, provider):
    start(site, workers=2)
    customers = [customer(site, provider) for _ in range(4)]
    provider.behave(refresh={"status": 503, "body": "{}", "headers": {"Retry-After": "1"}})
    assert told(site, customers[0])[1] == "provider_busy"
    calls = len(provider.seen("refresh"))
    provider.behave(refresh={"delay": 1, "status": 503, "body": "{}", "headers": {"Retry-After": "30"}})
    time.sleep(1.3)
    found = all_at_once(4, lambda turns=iter(customers): told(site, next(turns)))
    assert {code for _, code, _ in found} == {"provider_busy"}
    assert len(provider.seen("refresh")) == calls + 1


def test_failure_of_one_session_leaves_the_others_alone(site, provider):
    start(site)
    one, other = customer(site, provider), customer(site, provider)
    provider.behave(refresh={"body": "tokens", "times": 1})
    assert told(site, one)[1] == "provider_error"
    assert told(site, other)[1] is None and told(site, one)[1] == "provider_error"


def test_claims_are_untouched_by_a_failure(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh={"status": 500, "body": "{}"})
    seen = dict(browser.open(site.url("/api/")).json()["headers"])
    assert seen["X-Customer-Email"] == provider.customer["email"]
    assert site.is_customer(browser, "/")


# The ID token of a refresh: OIDC Core 12.2


WRONG = {
    "iss": {"iss": "https://other.example"},
    "sub": {"sub": "customer-0815"},
    "aud": {"aud": "another-client"},
    "azp": {"azp": "another-client"},
    "nonce": {"nonce": "another-nonce"},
    "iat": {"iat": 1},
    "exp": {"exp": 1},
    "at_hash": {"at_hash": "AAAA"},
}


@pytest.mark.parametrize("name", WRONG)
def test_answer_with_a_wrong_id_token_is_refused_as_a_whole(site, provider, name):
    browser = customer(start(site), provider)
    provider.behave(refreshed_id_token=WRONG[name])
    assert told(site, browser) == (None, "provider_error", 0)
    assert re.search(rf"refresh: ID token .*{name}", log_lines(site, "refresh: ")[0])
    assert site.is_customer(browser, "/")


def test_login_time_that_differs_is_refused(site, provider):
    provider.behave(id_token={"auth_time": int(time.time()) - 100})
    browser = customer(start(site), provider)
    provider.behave(refreshed_id_token={"auth_time": int(time.time())})
    assert told(site, browser)[1] == "provider_error"


def test_key_that_is_new_at_a_refresh_is_fetched(site, provider):
    browser = customer(start(site), provider)
    time.sleep(1.1)  # newer keys are asked for once a second
    provider.use_key(tokens.SigningKey())
    assert told(site, browser)[1] is None


# invalid_grant


def end_logins(provider):
    provider.refresh_tokens.clear()


def test_login_that_the_provider_has_ended_leads_a_page_to_a_new_login(site, provider):
    browser = customer(start(site), provider)
    end_logins(provider)
    answer = browser.open(site.url("/api/x?y=1"), follow=False)
    assert site.goes_to_provider(answer)
    assert browser.open(site.url("/api/x?y=1")).json()["target"] == "/api/x?y=1"
    assert told(site, browser)[1] is None
    (line,) = log_lines(site, "invalid_grant")
    assert "[info]" in line


def test_login_that_the_provider_has_ended_gives_a_script_401(site, provider):
    browser = customer(start(site), provider)
    end_logins(provider)
    answer = browser.fetch(site.url("/api/"))
    assert answer.status == 401 and answer.json()["error"] == "login_required"
    assert not site.is_customer(browser, "/")


def test_login_that_the_provider_has_ended_makes_a_visitor_where_login_is_optional(site, provider):
    locations = "location / { auth_oidc_mode optional; proxy_set_header X-T $oidc_access_token; proxy_pass @BACKEND@; }"
    site.start("", "location /in { proxy_pass @BACKEND@; }" + locations, provider=QUICK)
    browser = site.browser()
    provider.behave(token_response={"expires_in": 0})
    browser.open(site.url("/in"))
    end_logins(provider)
    seen = dict(browser.open(site.url("/"), follow=False).json()["headers"])
    assert "X-Customer-Id" not in seen and "X-T" not in seen


def test_many_requests_of_a_login_that_was_ended_make_one_call(site, provider):
    browser = customer(start(site, workers=2), provider)
    end_logins(provider)
    provider.behave(refresh={"delay": 0.3})
    statuses = all_at_once(20, lambda: browser.open(site.url("/api/"), follow=False).status)
    assert set(statuses) == {302} and len(provider.seen("refresh")) == 1


def test_session_that_ends_while_it_is_refreshed_has_its_new_token_revoked(site, provider, held):
    browser = customer(start(site, QUICK + "logout_uri /logout;"), provider)
    answer = held("refresh")
    browser.leave(site.url("/api/"))
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    browser.click("/logout", follow=False)
    answer.set()
    wait_until(lambda: provider.seen("revocation"), "the revocation")
    (revoked,) = provider.seen("revocation")
    assert revoked.form["token_type_hint"] == "refresh_token" and not provider.refresh_tokens
    assert not site.is_customer(browser, "/")
