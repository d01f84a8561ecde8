"""The way back from a logout: `state` is compared with what the browser was sent with, and is nobody else's business."""

import pytest
from support.connection import NAVIGATION, Connection
from support.site import SCOPE

LINES = SCOPE + " logout_uri /logout;"
GOODBYE = LINES + " post_logout_uri /goodbye;"
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
"""
NOTICED = "a browser came back from a logout"


@pytest.fixture
def shop(site):
    return site.start("", LOCATIONS, provider=GOODBYE)


def test_page_is_shown_without_the_state(shop):
    browser = shop.customer()
    answer = browser.click("/logout")
    assert answer.json()["target"] == "/goodbye"
    assert "NGX_OIDC_LOGOUT" not in browser.cookies(shop.url())
    assert NOTICED not in shop.nginx.log()


@pytest.mark.parametrize("uri", ["/goodbye?x=1&y=2", "@ORIGIN@/goodbye?x=1&y=2"], ids=["a path", "an address"])
def test_query_of_the_page_is_kept_after(site, uri):
    site.start("", LOCATIONS, provider=LINES + f' post_logout_uri "{uri}";')
    answer = site.customer().click("/logout")
    assert answer.json()["target"] == "/goodbye?x=1&y=2"
    assert NOTICED not in site.nginx.log()


def test_altered_state_is_noticed(shop, provider):
    provider.behave(logout_response={"state": "x" * 43})
    browser = shop.customer()
    answer = browser.click("/logout")
    assert answer.status == 400 and "You have been logged out." in answer.text
    assert NOTICED + " with another state" in shop.nginx.log()
    assert not shop.is_customer(browser)
    assert browser.open(shop.url("/goodbye")).json()["target"] == "/goodbye"  # once


def test_missing_state_is_noticed(shop, provider):
    provider.behave(logout_response={"state": None})
    answer = shop.customer().click("/logout")
    assert answer.json()["target"] == "/goodbye"
    assert NOTICED + " without the state" in shop.nginx.log()


WRONG = {
    "empty": "state=",
    "there twice": "state=@&state=@",
    "longer": "state=@a",
    "of somebody else": "state=" + "b" * 43,
}


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG.keys())
def test_state_is_noticed_that_is(shop, query):
    browser = shop.customer()
    state = browser.click("/logout", follow=False).location_parameters["state"]
    answer = browser.open(shop.url("/goodbye?" + query.replace("@", state)), follow=False)
    assert answer.status == 400


def test_state_of_another_browser_is_noticed(shop):
    mine, other = shop.customer(), shop.customer()
    state = other.click("/logout", follow=False).location_parameters["state"]
    mine.click("/logout", follow=False)
    assert mine.open(shop.url(f"/goodbye?state={state}"), follow=False).status == 400


@pytest.mark.parametrize("query", ["", "?state=ohio", "?a=1&state=2&b=3", "?statement=1"])
def test_page_is_the_sites_own_for_who_comes_otherwise(shop, query):
    for browser in (shop.browser(), shop.customer()):
        assert browser.open(shop.url("/goodbye" + query)).json()["target"] == "/goodbye" + query
    assert NOTICED not in shop.nginx.log()


def test_page_that_needs_a_login_is_no_login_loop(site, provider):
    site.start(provider=GOODBYE)
    answer = site.customer().click("/logout")
    assert answer.status == 200 and "You have been logged out." in answer.text
    assert len(provider.seen("authorization")) == 1 and NOTICED not in site.nginx.log()


def test_state_is_checked_on_a_page_that_rewrites_lead_elsewhere(site, provider):
    locations = LOCATIONS.replace("auth_oidc off;", "auth_oidc off; rewrite ^ /open/bye break;", 1)
    site.start("", locations, provider=GOODBYE)
    assert site.customer().click("/logout").json()["target"] == "/open/bye"
    provider.behave(logout_response={"state": "x" * 43})
    assert site.customer().click("/logout").status == 400


def test_state_is_in_no_log_where_nginx_answers_before_us(site, secrets):
    site.start("if ($http_x_end) { return 404; }", LOCATIONS, provider=GOODBYE)
    state = "s" * 43
    secrets.add("state", state)
    with Connection(site) as connection:
        fields = f"Cookie: NGX_OIDC_LOGOUT={state}\r\nX-End: 1\r\n"
        assert connection.ask(f"/goodbye?a=1&state={state}&b=2", extra=NAVIGATION + fields).status == 404
    site.stop()
    assert "GET /goodbye?a=1&b=2 404" in site.nginx.access_log()


def test_no_state_is_sent_to_where_it_can_not_be_checked(site):
    for more in (
        " post_logout_uri https://www.shop.example/bye;",
        ' post_logout_uri /goodbye; clear_site_data "cookies";',
        ' post_logout_uri /goodbye; clear_site_data "*";',
        "",
    ):
        (site.reload if site.nginx.process else site.start)("", LOCATIONS, provider=LINES + more)
        answer = site.customer().click("/logout", follow=False)
        assert "state" not in answer.location_parameters and "NGX_OIDC_LOGOUT" not in answer.new_cookies()


def test_cookie_of_the_logout_is_like_the_others(tls_site, backend):
    browser = tls_site.start("", LOCATIONS, provider=GOODBYE).customer()
    cookie = browser.click("/logout", follow=False).new_cookies()["__Host-NGX_OIDC_LOGOUT"]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    backend.seen.clear()
    browser.open(tls_site.url("/goodbye"))
    assert "NGX_OIDC" not in str(backend.seen)
