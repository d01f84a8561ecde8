"""Access tokens that have expired: when new ones are fetched, what is kept of them, and that it is done once."""

import time

import pytest
from support import expiring
from support.expiring import all_at_once, customer, start, told
from support.ports import wait_until
from support.site import SCOPE


def is_good(provider, token):
    return token in provider.access_tokens


def test_token_that_has_expired_is_replaced_once(site, provider):
    browser = customer(start(site), provider)
    token, code, left = told(site, browser)
    assert is_good(provider, token) and code is None and 3590 < left <= 3600
    assert told(site, browser)[0] == token
    assert len(provider.seen("refresh")) == 1


def test_token_that_is_fresh_is_not_replaced(site, provider):
    browser = customer(start(site), provider, expires_in=3600)
    token, _, left = told(site, browser)
    assert is_good(provider, token) and 3590 < left <= 3600 and not provider.seen("refresh")


def test_request_that_passes_no_token_on_has_none_replaced(site, provider):
    browser = customer(start(site), provider)
    assert site.is_customer(browser, "/") and not provider.seen("refresh")


SPELLINGS = {
    "alone": "$oidc_access_token",
    "in braces": '"${oidc_access_token}s"',
    "in capitals": "$OIDC_Access_Token",
    "twice": '"$oidc_access_token $oidc_access_token"',
}


@pytest.mark.parametrize("value", SPELLINGS.values(), ids=SPELLINGS)
def test_header_with_the_token_in_any_spelling_has_it_replaced(site, provider, value):
    header_line = f"oidc_set_header X-Token {value};"
    locations = expiring.LOCATIONS + f"location /other/ {{ {header_line} proxy_pass @BACKEND@; }}"
    site.start("", locations, provider=expiring.QUICK)
    browser = customer(site, provider)
    assert site.is_customer(browser, "/") and not provider.seen("refresh")
    passed = dict(browser.open(site.url("/other/")).json()["headers"])["X-Token"]
    assert len(provider.seen("refresh")) == 1
    assert any(token in passed for token in provider.access_tokens) and "$" not in passed


@pytest.mark.parametrize(
    "use", ["proxy_set_header X-Token $oidc_access_token;", "proxy_set_header X-Token $mapped;"], ids=["proxy", "map"]
)
def test_token_that_is_used_elsewhere_is_replaced_in_every_location(site, provider, use):
    http = "map $oidc_access_token $mapped { default $oidc_access_token; }" if "mapped" in use else ""
    locations = expiring.LOCATIONS + f"location /other/ {{ {use} proxy_pass @BACKEND@; }}"
    site.start("", locations, provider=expiring.QUICK, http=http)
    browser = customer(site, provider)
    wait_until(lambda: provider.seen("refresh") or not site.is_customer(browser, "/"), "a refresh")
    assert len(provider.seen("refresh")) == 1


def test_second_refresh_sends_the_rotated_token(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"expires_in": 0})
    tokens = [told(site, browser)[0] for _ in range(3)]
    assert len(set(tokens)) == 3 and all(is_good(provider, token) for token in tokens)


def test_provider_that_does_not_rotate_is_asked_with_the_same_token(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"expires_in": 0})
    provider.rotates = False
    assert told(site, browser)[0] != told(site, browser)[0]
    assert len({one.form["refresh_token"] for one in provider.seen("refresh")}) == 1


def test_refresh_token_is_sent_back_whatever_it_is_made_of(site, provider):
    """RFC 6749, appendix A.17: all of printable ASCII, the space as well."""
    provider.refresh_tokens_begin = "".join(map(chr, range(0x20, 0x7F)))
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"expires_in": 0})
    tokens = [told(site, browser)[0] for _ in range(2)]
    assert len(set(tokens)) == 2 and all(is_good(provider, token) for token in tokens)


def test_session_ends_at_its_own_limit_however_often_it_is_refreshed(site, provider):
    browser = customer(start(site, expiring.QUICK + "session_max_lifetime 3s;"), provider)
    provider.behave(refresh_response={"expires_in": 0})
    began = time.monotonic()
    while site.is_customer(browser, "/api/"):
        assert time.monotonic() - began < 10
        time.sleep(0.2)
    assert len(provider.seen("refresh")) > 1


# What a refresh brings


def test_new_claims_are_passed_on_and_others_stay(site, provider):
    browser = customer(start(site), provider)
    provider.secrets.add_claims({"email": "moved@mail.example"})
    provider.behave(refreshed_id_token={"email": "moved@mail.example"})
    told(site, browser)
    seen = dict(browser.open(site.url("/api/")).json()["headers"])
    assert seen["X-Customer-Email"] == "moved@mail.example" and seen["X-Customer-Id"] == provider.customer["sub"]


def test_answer_without_id_token_keeps_the_claims(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"id_token": None})
    assert is_good(provider, told(site, browser)[0])
    seen = dict(browser.open(site.url("/api/")).json()["headers"])
    assert seen["X-Customer-Email"] == provider.customer["email"]


@pytest.mark.parametrize("sent, seconds", [(None, 600), ("1200", 1200), ("soon", 600), (-5, 600)], ids=str)
def test_time_that_is_left_without_a_sensible_expires_in_is_that_of_the_id_token(site, provider, sent, seconds):
    browser = customer(start(site), provider, expires_in=sent)
    assert seconds - 10 < told(site, browser)[2] <= seconds
    assert not provider.seen("refresh")


def test_time_that_nobody_knows_is_empty_and_nothing_is_refreshed(site, provider):
    browser = customer(start(site), provider)
    provider.behave(refresh_response={"expires_in": None, "id_token": None})
    token, code, left = told(site, browser)
    assert is_good(provider, token) and code is None and left is None
    assert told(site, browser)[0] == token and len(provider.seen("refresh")) == 1


def test_login_without_refresh_token_passes_the_old_token_on(site, provider):
    browser = customer(start(site), provider, refresh_token=None)
    token, code, left = told(site, browser)
    assert is_good(provider, token) and code is None and left == 0 and not provider.seen("refresh")


# Once


@pytest.mark.parametrize("workers", [1, 2])
def test_hundred_requests_at_once_make_one_call_and_none_fails(site, provider, workers):
    browser = customer(start(site, workers=workers), provider)
    provider.behave(refresh={"delay": 0.5})
    found = all_at_once(100, lambda: told(site, browser))
    assert len(provider.seen("refresh")) == 1
    assert {code for _, code, _ in found} == {None} and len({token for token, _, _ in found}) == 1
    assert is_good(provider, found[0][0])


def test_customers_do_not_wait_for_each_other(site, provider):
    start(site)
    slow, quick = customer(site, provider), customer(site, provider)
    provider.behave(refresh={"delay": 1, "times": 1})
    answers = all_at_once(2, lambda turns=iter([slow, quick]): told(site, next(turns)))
    assert all(is_good(provider, token) for token, _, _ in answers) and len(provider.seen("refresh")) == 2


# ahead= and off


def test_token_that_will_soon_expire_is_passed_on_while_the_next_is_fetched(site, provider):
    browser = customer(start(site, expiring.QUICK + "refresh ahead=60s;"), provider, expires_in=30)
    provider.behave(refresh={"delay": 1})
    old = told(site, browser)[0]
    assert is_good(provider, old)
    wait_until(lambda: told(site, browser)[0] != old, "the new token")
    assert len(provider.seen("refresh")) == 1


def test_token_that_fails_ahead_of_its_end_is_passed_on_with_no_error(site, provider):
    browser = customer(start(site, expiring.QUICK + "refresh ahead=60s;"), provider, expires_in=30)
    provider.behave(refresh={"status": 500, "body": ""})
    found = [told(site, browser) for _ in range(3)]
    wait_until(lambda: provider.seen("refresh"), "the refresh")
    assert all(is_good(provider, token) and code is None for token, code, _ in found)


def test_nothing_is_refreshed_where_it_is_off(site, provider):
    browser = customer(start(site, expiring.QUICK + "refresh off;"), provider)
    token, code, left = told(site, browser)
    assert is_good(provider, token) and code is None and left == 0 and not provider.seen("refresh")
