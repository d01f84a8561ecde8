"""An error page of the site takes the place of ours and loses nothing of it; a protected one is no login loop."""

import pytest
from support.fake_provider import CUSTOMER
from support.site import LOCATIONS, SCOPE

SORRY = LOCATIONS + "location = /sorry { auth_oidc off; internal; return 200 'our own words'; }"
DENIED = {"code": None, "error": "access_denied"}
FAILING = {
    502: {"token": {"status": 500}},
    503: {"token": {"status": 503}},
    403: {"response": DENIED},
}


@pytest.mark.parametrize("status", FAILING)
def test_dressed_error_keeps_the_address_of_the_callback_to_itself(site, provider, status):
    """It still holds the code, which no Referer may tell."""
    provider.behave(**FAILING[status])
    answer = site.start(f"error_page {status} /sorry;", SORRY).browser().open(site.url("/"))
    assert (answer.status, answer.text) == (status, "our own words")
    assert answer.get("Referrer-Policy") == "no-referrer"
    assert "no-store" in answer.get("Cache-Control")
    assert (answer.get("Retry-After") is None) == (status == 403)


def test_dressed_page_for_a_provider_that_does_not_answer(site, provider):
    provider.behave(token={"hang": True})
    site.start("error_page 504 /sorry;", SORRY, provider=SCOPE + " timeout total=1s;")
    answer = site.browser().open(site.url("/"))
    assert (answer.status, answer.text) == (504, "our own words")
    assert answer.get("Referrer-Policy") == "no-referrer" and answer.get("Retry-After")


@pytest.mark.parametrize("status", [401, 403])
def test_dressed_refusal_by_a_rule(site, status):
    locations = SORRY + f"location /vip {{ auth_require $oidc_claim_vip error={status}; proxy_pass @BACKEND@; }}"
    browser = site.start(f"error_page {status} /sorry;", locations).customer()
    answer = browser.open(site.url("/vip"))
    assert (answer.status, answer.text) == (status, "our own words")


def test_redirects_of_the_module_are_no_errors_to_dress(site):
    lines = "error_page 301 302 303 307 308 /sorry; error_page 403 =200 /sorry; proxy_intercept_errors on;"
    site.start(lines, SORRY, provider=SCOPE + " logout_uri /logout; login_uri /login;")
    browser = site.browser()
    assert site.goes_to_provider(browser.open(site.url("/login"), follow=False))
    callback = site.begin(browser, "/page")
    assert site.come_back(browser, callback).location == site.url("/page")
    assert site.come_back(browser, callback).location == site.url("/page")
    assert browser.open(site.url("/logout"), initiator=site.url("/"), method="POST", body=b"", follow=False).status == 303


def test_dressed_refusal_of_the_callback_keeps_it_too(site):
    answer = site.start("error_page 400 /sorry;", SORRY).browser().open(site.url("/oidc_callback?code=1"))
    assert (answer.status, answer.text) == (400, "our own words")
    assert answer.get("Referrer-Policy") == "no-referrer"


def test_error_page_of_ours_says_so_once(site, provider):
    provider.behave(token={"status": 500})
    assert site.start().browser().open(site.url("/")).get("Referrer-Policy") == "no-referrer"


# A protected page in place of an error of nginx

MISSING = "location / { proxy_pass @BACKEND@; } location /pub/ { auth_oidc off; return 404; }"
PAGES = {
    "404": "error_page 404 /errors/404.html;",
    "404 as another status": "error_page 404 =410 /errors/404.html;",
    "404 in a named location": "error_page 404 @protected; location @protected { proxy_pass @BACKEND@; }",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_protected_page_for_a_missing_one_redirects_a_navigation(site, page):
    browser = site.start(page, MISSING).browser()
    answer = browser.open(site.url("/pub/x"), follow=False)
    assert answer.status == 302 and site.goes_to_provider(answer)
    assert site.login_cookie in browser.cookies(site.url())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_protected_page_for_a_missing_one_is_401_for_a_program(site, page):
    answer = site.start(page, MISSING).browser().fetch(site.url("/pub/x"))
    assert answer.status == 401 and answer.json()["error"] == "login_required"
    assert answer.get("WWW-Authenticate") == 'OIDC realm="shop"'


def test_customer_gets_the_protected_page_for_a_missing_one(site):
    answer = site.start(PAGES["404"], MISSING).customer().open(site.url("/pub/x"))
    assert answer.status == 404 and answer.json()["target"] == "/errors/404.html"


# A protected page in place of an error of ours


def test_protected_page_for_a_cancelled_login_shows_that_it_was_cancelled(site, provider):
    provider.behave(response=DENIED)
    answer = site.start("error_page 403 /denied;").browser().open(site.url("/cart"))
    assert answer.status == 403 and "The login was cancelled" in answer.text
    assert f'href="{site.url("/cart")}"' in answer.text
    assert answer.get("Referrer-Policy") == "no-referrer"
    assert len(provider.seen("authorization")) == 1


@pytest.mark.parametrize("status", [502, 503])
def test_protected_page_for_a_failed_login_shows_the_failure(site, provider, status):
    provider.behave(**FAILING[status])
    answer = site.start(f"error_page {status} /sorry;").browser().open(site.url("/"))
    assert answer.status == status and answer.get("Content-Type").startswith("text/html")
    assert answer.get("Retry-After") and answer.get("Referrer-Policy") == "no-referrer"
    assert "no-store" in answer.get("Cache-Control")
    assert len(provider.seen("authorization")) == 1


def test_customer_who_may_not_see_a_page_gets_the_protected_page_for_it(site):
    locations = LOCATIONS + "location /vip { auth_require $oidc_claim_vip; proxy_pass @BACKEND@; }"
    answer = site.start("error_page 403 /denied;", locations).customer().open(site.url("/vip"))
    assert answer.status == 403 and answer.json()["target"] == "/denied"
    assert CUSTOMER["email"] in str(answer.json()["headers"])
