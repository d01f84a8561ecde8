"""oidc_check: yes or no for auth_request, and for proxies that ask before they forward."""

import json

import pytest
from support.backend import header
from support.fake_provider import CUSTOMER
from support.site import SCOPE, provider_block

ASKED = """
    location = /auth { internal; auth_oidc shop; oidc_check; @LINES@
        oidc_set_header X-Customer-Id $oidc_subject; oidc_set_header X-Customer-Email $oidc_claim_email; }
    location / { proxy_pass @BACKEND@; }
    location /app/ {
        auth_oidc off;
        auth_request /auth;
        auth_request_set $email $sent_http_x_customer_email;
        auth_request_set $id $oidc_subject;
        proxy_set_header X-By-Field $email;
        proxy_set_header X-By-Variable $id;
        proxy_set_header X-In-Place $oidc_claim_email;
        proxy_pass @BACKEND@;
    }
    location = /forward-auth { auth_oidc shop; oidc_check; @LINES@
        oidc_set_header X-Customer-Email $oidc_claim_email; }
"""


def start(site, lines="", more="", **parts):
    return site.start("", ASKED.replace("@LINES@", lines) + more, **parts)


def test_visitor_is_turned_away_by_auth_request(site, backend):
    answer = start(site).browser().open(site.url("/app/x"), follow=False)
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'OIDC realm="shop"'
    assert backend.seen == []


def test_customer_passes_auth_request_and_is_known_in_every_way(site):
    browser = start(site).customer()
    seen = browser.open(site.url("/app/x"), follow=False, headers=[("X-Customer-Id", "forged")]).json()
    assert header(seen, "X-By-Field") == header(seen, "X-In-Place") == CUSTOMER["email"]
    assert header(seen, "X-By-Variable") == CUSTOMER["sub"]
    assert header(seen, "X-Customer-Id") == CUSTOMER["sub"] and header(seen, "Cookie") is None


def test_customer_who_has_logged_out_is_turned_away_by_auth_request(site):
    browser = start(site, provider=SCOPE + "logout_uri /logout;").customer()
    browser.click("/logout", follow=False)
    assert browser.open(site.url("/app/x"), follow=False).status == 401


def test_visitor_is_led_to_the_login_and_back_by_error_page(site):
    more = """
        location /led/ { auth_oidc off; auth_request /auth; error_page 401 = @login; proxy_pass @BACKEND@; }
        location @login { auth_oidc off; return 302 $oidc_login_url; }
    """
    browser = start(site, more=more, provider=SCOPE + "login_uri /login;").browser()
    answer = browser.open(site.url("/led/x?a=1&b=%2F"))
    assert answer.status == 200 and answer.json()["target"] == "/led/x?a=1&b=%2F"


@pytest.mark.parametrize("path", ["/app/x", "/forward-auth"])
def test_rule_of_the_check_turns_away_with_403(site, provider, path):
    http = "map $oidc_claim_role $admin { default 0; admin 1; }"
    provider.customer["role"] = "buyer"
    browser = start(site, "auth_require $admin;", http=http).customer()
    assert browser.open(site.url(path), follow=False).status == 403
    provider.customer["role"] = "admin"
    assert site.customer().open(site.url(path), follow=False).status in (200, 202)


def test_check_asked_from_outside_says_202_and_who_it_is(site):
    browser = start(site).customer()
    answer = browser.open(site.url("/forward-auth"), follow=False)
    assert (answer.status, answer.body) == (202, b"")
    assert answer.get("X-Customer-Email") == CUSTOMER["email"] and answer.get("Cache-Control") == "no-store"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_check_asked_from_outside_never_redirects(site, method):
    body = b"a=b" if method == "POST" else None
    answer = start(site).browser().open(site.url("/forward-auth"), follow=False, method=method, body=body)
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'OIDC realm="shop"'
    if method != "HEAD":
        assert json.loads(answer.body) == {"error": "login_required", "login_url": site.url("/")}


def test_check_with_optional_login_passes_a_visitor_without_a_name(site, backend):
    site = start(site, "auth_oidc_mode optional;")
    seen = site.browser().open(site.url("/app/x"), follow=False).json()
    assert header(seen, "X-By-Field") is None and header(seen, "X-In-Place") is None
    assert site.browser().open(site.url("/forward-auth"), follow=False).get("X-Customer-Email") is None


def test_forged_cookie_is_no_customer_for_the_check(site):
    browser = start(site).browser()
    browser.set_cookie(site.url(), "NGX_OIDC_SESSION", "x" * 43)
    assert browser.open(site.url("/app/x"), follow=False).status == 401


def test_claim_that_could_break_a_header_is_not_in_the_answer(site, provider):
    provider.customer["email"] = "a\r\nX-Evil: 1"
    browser = start(site).customer()
    answer = browser.open(site.url("/forward-auth"), follow=False)
    assert answer.status == 202 and answer.get("X-Evil") is None and answer.get("X-Customer-Email") is None


def test_customer_of_one_provider_is_none_of_another_that_is_asked_by_auth_request(make_site, make_provider, backend):
    one, two = make_provider(), make_provider()
    site = make_site(one)
    pages = """
        location / { proxy_pass @BACKEND@; }
        location = /auth { internal; auth_oidc two; oidc_check; }
        location /two/ { auth_oidc off; auth_request /auth; proxy_set_header X-Who $oidc_subject; proxy_pass @BACKEND@; }
        location /both/ { auth_request /auth; proxy_pass @BACKEND@; }
        location /enter { auth_oidc two; proxy_pass @BACKEND@; }
    """
    site.start("", pages, http=provider_block(two, "two", SCOPE + "redirect_uri /two_back;"))
    browser = site.customer()
    backend.seen.clear()
    assert browser.open(site.url("/two/"), follow=False).status == 401
    browser.open(site.url("/enter"))
    two.customer["sub"] = "of-two"
    assert header(browser.open(site.url("/two/"), follow=False).json(), "X-Who") == CUSTOMER["sub"]
    assert browser.open(site.url("/both/"), follow=False).status == 403
    assert [seen["target"] for seen in backend.seen] == ["/enter", "/two/"]


def test_check_without_a_provider_is_refused_by_nginx_t(site):
    verdict = site.check("auth_oidc off;", "location = /auth { oidc_check; }", base="")
    assert not verdict.ok and "write auth_oidc" in verdict.text


@pytest.mark.parametrize("lines", ["proxy_pass http://127.0.0.1:1; oidc_check;", "oidc_check; oidc_check;", "oidc_status; oidc_check;"])
def test_location_with_two_answers_is_refused_by_nginx_t(site, lines):
    verdict = site.check("", f"location = /auth {{ {lines} }}")
    assert not verdict.ok


@pytest.mark.parametrize("early", ["set $note $is_welcome;", "if ($is_welcome = no) { return 404; }", ""],
                         ids=["set", "if", "nothing"])  # fmt: skip
def test_rule_of_the_check_is_of_the_customer_although_a_map_was_read_before_it_was_asked_by(site, backend, early):
    of_map = f"map $oidc_subject $is_welcome {{ default 1; {CUSTOMER['sub']} 0; }}"
    more = "location /early/ { auth_oidc off; %s auth_request /auth; proxy_pass @BACKEND@; }" % early
    browser = start(site, "auth_require $is_welcome;", more, http=of_map).customer()
    backend.seen.clear()
    assert browser.open(site.url("/early/x"), follow=False).status == 403 and backend.seen == []
