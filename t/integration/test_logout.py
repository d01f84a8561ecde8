"""A customer logs out: here, at the provider, from the provider, and not by a link of somebody else."""

import pytest
from support.site import provider_block

LINES = "scope openid email profile; logout_uri /logout;"
GOODBYE = LINES + " post_logout_uri /goodbye;"
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
"""


@pytest.fixture
def shop(site):
    return site.start("", LOCATIONS, provider=GOODBYE)


def assert_logged_out(site, browser, old_session):
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())
    thief = site.browser()
    thief.set_cookie(site.url(), "NGX_OIDC_SESSION", old_session)
    assert not site.is_customer(thief), "the session lives on in the server"


def test_logout_ends_the_session_and_goes_to_the_provider(shop, provider):
    browser = shop.customer()
    session = browser.cookies(shop.url())["NGX_OIDC_SESSION"]
    answer = browser.click("/logout", follow=False)
    asked = answer.location_parameters
    assert answer.status == 302 and answer.location.startswith(provider.issuer + "/logout?")
    state = asked.pop("state")
    assert asked == {"client_id": "shop", "post_logout_redirect_uri": shop.url("/goodbye")}
    assert len(state) == 43 and browser.cookies(shop.url())["NGX_OIDC_LOGOUT"] == state
    assert "no-store" in answer.get("Cache-Control")
    assert_logged_out(shop, browser, session)


def test_customer_ends_on_the_page_after_the_logout(shop):
    browser = shop.customer()
    assert browser.click("/logout").json()["target"] == "/goodbye"


def test_deletion_has_the_same_attributes_as_the_cookie(tls_site):
    browser = tls_site.start("", LOCATIONS, provider=GOODBYE).customer()
    cookies = browser.click("/logout", follow=False).new_cookies()
    assert cookies["__Host-NGX_OIDC_SESSION"].startswith("__Host-NGX_OIDC_SESSION=;")
    attributes = {part.strip() for part in cookies["__Host-NGX_OIDC_SESSION"].split(";")[1:]}
    assert attributes == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=0"}


def test_logout_replaces_the_login_cookie(shop):
    browser = shop.customer()
    before = browser.cookies(shop.url())["NGX_OIDC_LOGIN"]
    browser.click("/logout", follow=False)
    assert browser.cookies(shop.url())["NGX_OIDC_LOGIN"] != before


def test_other_sessions_of_the_customer_go_on(shop):
    first, second = shop.customer(), shop.customer()
    first.click("/logout")
    assert shop.is_customer(second)


def test_hint_is_sent_where_it_is_switched_on(site, provider):
    browser = site.start("", LOCATIONS, provider=GOODBYE + " logout_token_hint on;").customer()
    hint = browser.click("/logout", follow=False).location_parameters["id_token_hint"]
    assert hint.count(".") == 2 and hint in site.secrets.values


def test_provider_without_logout_leads_to_the_page_after_it(site, provider):
    provider.behave(metadata={"end_session_endpoint": None})
    browser = site.start("", LOCATIONS, provider=GOODBYE).customer()
    answer = browser.click("/logout", follow=False)
    assert (answer.status, answer.location) == (302, site.url("/goodbye"))


def test_provider_without_logout_and_no_page_after_it_shows_a_page_of_its_own(site, provider):
    provider.behave(metadata={"end_session_endpoint": None})
    browser = site.start(provider=LINES).customer()
    answer = browser.click("/logout", follow=False)
    assert answer.status == 200 and "You have been logged out." in answer.text
    assert not site.is_customer(browser)


def test_absolute_page_after_the_logout_is_sent_as_it_is(site, provider):
    browser = site.start(provider=LINES + " post_logout_uri https://www.shop.example/bye?x=1;").customer()
    asked = browser.click("/logout", follow=False).location_parameters
    assert asked["post_logout_redirect_uri"] == "https://www.shop.example/bye?x=1"


def test_page_after_the_logout_that_needs_a_login_is_no_login_loop(site, provider):
    site.start(provider=GOODBYE)
    browser = site.customer()
    answer = browser.click("/logout")
    assert answer.status == 200 and "You have been logged out." in answer.text
    assert len(provider.seen("authorization")) == 1


def test_logout_works_while_the_provider_is_away(shop, provider):
    browser = shop.customer()
    session = browser.cookies(shop.url())["NGX_OIDC_SESSION"]
    provider.stop()
    assert browser.click("/logout", follow=False).status in (200, 302)
    assert_logged_out(shop, browser, session)


def test_visitor_without_a_session_may_log_out_too(shop):
    browser = shop.browser()
    browser.open(shop.url("/goodbye"))
    assert browser.click("/logout", follow=False).status == 302


# Who may ask

ALLOWED = {
    "link of the site": {"headers": [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate")]},
    "link of a neighbour": {"headers": [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "navigate")]},
    "address bar": {"headers": [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")]},
    "script of the site": {"headers": [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")]},
    "old browser's form": {"method": "POST", "body": b"", "headers": [("Origin", "@ORIGIN@")], "old": True},
    "old browser's link": {"headers": [("Referer", "@ORIGIN@/account?x=1")], "old": True},
}
FORBIDDEN = {
    "link of another site": {"headers": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]},
    "picture of another site": {"headers": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]},
    "form of another site": {"method": "POST", "body": b"", "headers": [("Sec-Fetch-Site", "cross-site")]},
    "word that no browser says": {"headers": [("Sec-Fetch-Site", "same-orig")]},
    "Sec-Fetch-Site of another site, Origin of ours": {
        "headers": [("Sec-Fetch-Site", "cross-site"), ("Origin", "@ORIGIN@")]
    },
    "script without a site": {"headers": [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "cors")]},
    "old browser's form of another site": {
        "method": "POST", "body": b"", "headers": [("Origin", "https://evil.example")], "old": True
    },
    "old browser's sandboxed form": {"method": "POST", "body": b"", "headers": [("Origin", "null")], "old": True},
    "old browser's link of another site": {"headers": [("Referer", "https://evil.example/@ORIGIN@/")], "old": True},
    "origin that begins like ours": {"headers": [("Origin", "@ORIGIN@.evil.example")], "old": True},
    "Referer that begins like ours": {"headers": [("Referer", "@ORIGIN@0/")], "old": True},
    "nobody knows who": {"headers": [], "old": True},
}  # fmt: skip


def ask_for_logout(shop, headers, old=False, **request):
    browser = shop.customer()
    browser.sec_fetch = not old
    told = [(name, value.replace("@ORIGIN@", shop.origin)) for name, value in headers]
    return browser, browser.request(shop.url("/logout"), headers=told, **request)


@pytest.mark.parametrize("request_of", ALLOWED.values(), ids=ALLOWED.keys())
def test_logout_is_done_at_once_for(shop, request_of):
    browser, answer = ask_for_logout(shop, **request_of)
    assert answer.status in (302, 303) and "NGX_OIDC_SESSION" not in browser.cookies(shop.url())


@pytest.mark.parametrize("request_of", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_logout_is_asked_about_first_for(shop, request_of):
    browser, answer = ask_for_logout(shop, **request_of)
    assert answer.status == 200 and "Set-Cookie" not in dict(answer.headers)
    assert '<form method="post" action="/logout"' in answer.text
    browser.sec_fetch = True
    assert shop.is_customer(browser)


def test_form_that_asks_logs_out(shop):
    browser = shop.customer()
    page = browser.open(shop.url("/logout"), initiator="https://evil.example/", follow=False)
    assert page.status == 200 and shop.is_customer(browser)
    browser.open(shop.url("/logout"), initiator="https://evil.example/")
    answer = browser.click("/logout", method="POST", body=b"", origin=shop.origin)
    assert answer.json()["target"] == "/goodbye" and answer.json()["method"] == "GET"
    assert not shop.is_customer(browser)


def test_page_that_asks_can_not_be_framed(shop):
    page = shop.customer().open(shop.url("/logout"), initiator="https://evil.example/")
    assert "frame-ancestors 'none'" in page.get("Content-Security-Policy")


def test_own_addresses_are_no_page_to_come_back_to(site):
    lines = "scope openid email; logout_uri /logout; login_uri /login;"
    browser = site.start(provider=lines).browser()
    for own in ("/logout", "/oidc_callback?code=1&state=2", "/login", "/login?return_to=/logout"):
        answer = browser.open(site.url(f"/login?return_to={own}"))
        assert answer.status == 200 and answer.json()["target"] == "/", own
        browser.forget_cookies(site.url())


# Login as a link


def test_login_link_begins_a_login_and_comes_back(site):
    site.start(provider="scope openid email; login_uri /login;")
    for wanted in ("/products/mug", "/a%2520b?x=1%26y=2"):
        browser = site.browser()
        answer = browser.open(site.url(f"/login?return_to={wanted}"))
        assert answer.status == 200
        assert browser.open(site.url("/login"), follow=False).location == site.url("/")
    assert answer.json()["target"] == "/a%20b?x=1&y=2"


def test_login_link_leads_a_customer_straight_to_the_page(site, provider):
    browser = site.start(provider="scope openid email; login_uri /login;").customer()
    answer = browser.click("/login?return_to=/page", follow=False)
    assert (answer.status, answer.location) == (302, site.url("/page"))
    assert len(provider.seen("authorization")) == 1


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example",
    "/%5cevil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:x=1", "%2f%2fevil.example", "/x%00y",
    "evil", "javascript:alert(1)", "https:evil.example", "", "/%20/x", "/x%23y",
]  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_login_link_leads_nowhere_else_but_to_the_start_page(site, wanted):
    browser = site.start(provider="scope openid email; login_uri /login;").customer()
    answer = browser.request(site.url(f"/login?return_to={wanted}"))
    assert answer.status == 302
    assert answer.location == site.url("/")


# Logout told by the provider


FRONT = LINES + " frontchannel_logout_uri /front;"


def frame(site, provider, **query):
    """What the provider's page loads in an iframe: no cookies go with it."""
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]
    return site.browser().request(site.url(f"/front?{parameters}"), headers=headers)


def test_provider_ends_the_sessions_of_its_sid_and_no_other(site, provider):
    site.start(provider=FRONT, workers=2)
    first, sid = site.customer(), provider.sid
    second = site.customer()
    assert sid != provider.sid
    answer = frame(site, provider, iss=provider.issuer, sid=sid)
    assert answer.status == 200 and answer.body == b"" and "no-store" in answer.get("Cache-Control")
    assert not site.is_customer(first)
    assert site.is_customer(second)


def test_all_sessions_of_one_sid_end(site, provider):
    site.start(provider=FRONT)
    provider.behave(id_token={"sid": "one-for-all-7890"})
    browsers = [site.customer() for _ in range(3)]
    assert frame(site, provider, iss=provider.issuer, sid="one-for-all-7890").status == 200
    assert not any(site.is_customer(browser) for browser in browsers)


@pytest.mark.parametrize("query", [{"iss": "https://other.example", "sid": "@SID@"}, {"sid": "@SID@"}, {"iss": "@ISS@"}])
def test_logout_by_a_frame_needs_the_right_issuer_and_both_parameters(site, provider, query):
    browser = site.start(provider=FRONT).customer()
    asked = {k: v.replace("@SID@", provider.sid).replace("@ISS@", provider.issuer) for k, v in query.items()}
    assert frame(site, provider, **asked).status == 400
    assert site.is_customer(browser)


def test_unknown_sid_ends_nothing(site, provider):
    browser = site.start(provider=FRONT).customer()
    assert frame(site, provider, iss=provider.issuer, sid="unknown").status == 200
    assert site.is_customer(browser)


def test_frame_that_carries_the_cookie_ends_its_session(site, provider):
    browser = site.start(provider=FRONT).customer()
    session = browser.cookies(site.url())["NGX_OIDC_SESSION"]
    assert browser.request(site.url("/front"), headers=[("Sec-Fetch-Dest", "iframe")]).status == 200
    assert_logged_out(site, browser, session)


def test_sid_of_another_provider_ends_nothing(make_site, make_provider):
    first, second = make_provider(), make_provider()
    for one in (first, second):
        one.behave(id_token={"sid": "same-sid-for-both"})
    site = make_site(first)
    site.start(
        text=provider_block(first, "one", FRONT + " redirect_uri /one;")
        + provider_block(second, "two", "frontchannel_logout_uri /front2; redirect_uri /two;")
        + """server { @LISTEN@
            location /a { auth_oidc one; proxy_pass @BACKEND@; }
            location /b { auth_oidc two; proxy_pass @BACKEND@; }
        }"""
    )
    browser = site.browser()
    assert browser.open(site.url("/a")).status == 200 and browser.open(site.url("/b")).status == 200
    site.browser().request(site.url(f"/front2?iss={second.issuer}&sid=same-sid-for-both"))
    assert site.is_customer(browser, "/a") and not site.is_customer(browser, "/b")


def test_logout_of_oidc_provider_ends_its_session_too(real_site):
    site = real_site.start("", LOCATIONS, provider=GOODBYE + " logout_token_hint on;")
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", "zoe")
    browser.open(site.url("/"))
    page = browser.click("/logout")
    assert page.status == 200 and "op.logoutForm" in page.text and page.url.startswith(site.provider.issuer)
    assert not site.is_customer(browser)
