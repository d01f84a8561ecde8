"""`refresh_uri`: the site asks for new tokens, from a page or from a script."""

import pytest
from support.expiring import LOCATIONS, QUICK, all_at_once, customer, told
from support.site import SCOPE

LINES = QUICK + "refresh_uri /refresh; logout_uri /logout;"


@pytest.fixture
def asking(site):
    return site.start("", LOCATIONS, provider=LINES)


def fresh_customer(site, provider):
    return customer(site, provider, expires_in=3600)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_script_gets_204_and_new_claims(asking, provider, method):
    browser = fresh_customer(asking, provider)
    old = told(asking, browser)[0]
    provider.secrets.add_claims({"email": "moved@mail.example"})
    provider.behave(refreshed_id_token={"email": "moved@mail.example"})
    answer = browser.fetch(asking.url("/refresh"), method=method)
    assert (answer.status, answer.body) == (204, b"") and answer.get("Cache-Control") == "no-store"
    seen = dict(browser.open(asking.url("/api/")).json()["headers"])
    assert seen["X-Customer-Email"] == "moved@mail.example" and told(asking, browser)[0] != old
    assert len(provider.seen("refresh")) == 1


RETURNS = {
    "a page": ("/page?x=1", "/page?x=1"),
    "nothing": (None, "/"),
    "another site": ("https://evil.example/", "/"),
    "another host": ("//evil.example/", "/"),
    "a backslash": ("/\\evil.example", "/"),
    "the logout": ("/logout", "/"),
    "itself": ("/refresh", "/"),
}


@pytest.mark.parametrize("to, page", RETURNS.values(), ids=RETURNS)
def test_page_is_led_back_to(asking, provider, to, page):
    browser = fresh_customer(asking, provider)
    url = "/refresh" if to is None else f"/refresh?return_to={to.replace('?', '%3F')}"
    answer = browser.click(url, follow=False)
    assert (answer.status, answer.location) == (302, asking.url(page))
    assert len(provider.seen("refresh")) == 1


def test_other_site_refreshes_nothing(asking, provider):
    browser = fresh_customer(asking, provider)
    evil = "https://evil.example/page"
    assert browser.open(asking.url("/refresh"), initiator=evil, follow=False).status == 403
    assert browser.fetch(asking.url("/refresh"), initiator=evil).status == 403
    assert not provider.seen("refresh")


def test_script_of_a_visitor_gets_401(asking, provider):
    answer = asking.browser().fetch(asking.url("/refresh"))
    assert answer.status == 401 and answer.json()["error"] == "login_required"
    assert not provider.seen("refresh")


def test_page_of_a_visitor_leads_to_the_login_and_back(asking):
    browser = asking.browser()
    answer = browser.open(asking.url("/refresh?return_to=/page"), initiator=asking.origin)
    assert answer.json()["target"] == "/page"


def test_login_that_the_provider_has_ended_is_told(asking, provider):
    browser = fresh_customer(asking, provider)
    provider.refresh_tokens.clear()
    assert browser.fetch(asking.url("/refresh")).status == 401
    assert not asking.is_customer(browser, "/")


@pytest.mark.parametrize("status, code", [(429, "provider_busy"), (500, "provider_down")])
def test_failure_is_told_and_the_customer_stays(asking, provider, status, code):
    browser = fresh_customer(asking, provider)
    provider.behave(refresh={"status": status, "body": "{}"})
    for _ in range(2):
        answer = browser.fetch(asking.url("/refresh"))
        assert answer.status == 503 and answer.json() == {"error": code}
    assert browser.click("/refresh", follow=False).status in (502, 503)
    assert len(provider.seen("refresh")) == 1
    assert told(asking, browser)[0] and told(asking, browser)[1] is None


def test_session_without_refresh_token_is_told(asking, provider):
    browser = customer(asking, provider, expires_in=3600, refresh_token=None)
    answer = browser.fetch(asking.url("/refresh"))
    assert answer.status == 409 and answer.json() == {"error": "no_refresh_token"}


def test_many_at_once_make_one_call(make_site, provider):
    site = make_site(provider)
    site.start("", LOCATIONS, provider=LINES, workers=2)
    browser = fresh_customer(site, provider)
    provider.behave(refresh={"delay": 0.5})
    statuses = all_at_once(20, lambda: browser.fetch(site.url("/refresh")).status)
    assert set(statuses) == {204} and len(provider.seen("refresh")) == 1


def test_site_that_passes_no_token_on_refreshes_claims(site, provider):
    site.start(provider=SCOPE + "refresh_uri /refresh;")
    browser = site.customer()
    provider.secrets.add_claims({"email": "moved@mail.example"})
    provider.behave(refreshed_id_token={"email": "moved@mail.example"})
    assert browser.fetch(site.url("/refresh")).status == 204
    seen = dict(browser.open(site.url("/")).json()["headers"])
    assert seen["X-Customer-Email"] == "moved@mail.example"


def test_other_methods_are_not_allowed(asking, provider):
    browser = fresh_customer(asking, provider)
    assert browser.fetch(asking.url("/refresh"), method="PUT").status == 405
    assert not provider.seen("refresh")
