"""What a request without a session gets: a redirect where a person waits, 401 where a program does."""

import pytest
from support.browser import connect, read_answer
from support.site import LOCATIONS, SCOPE


def assert_login_required(site, answer, login_url):
    assert answer.status == 401
    assert answer.get("WWW-Authenticate") == 'OIDC realm="shop"'
    assert answer.get("Content-Type").startswith("application/json")
    assert "no-store" in answer.get("Cache-Control")
    assert answer.json() == {"error": "login_required", "login_url": login_url}
    assert "Set-Cookie" not in dict(answer.headers)


# Sent by an agent that says Accept: */* and nothing more on its own.
NAVIGATE, CORS = ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Mode", "cors")
HTML, JSON = ("Accept", "text/html,*/*;q=0.8"), ("Accept", "application/json")
REDIRECTED = {
    "a navigation": {"headers": [NAVIGATE]},
    "a navigation by HEAD": {"headers": [NAVIGATE], "method": "HEAD"},
    "an older browser that wants HTML": {"headers": [HTML]},
    "a page in a frame": {"headers": [NAVIGATE, ("Sec-Fetch-Dest", "iframe")]},
}
REFUSED = {
    "fetch()": {"headers": [CORS]},
    "fetch() that wants HTML": {"headers": [CORS, HTML]},
    "a picture": {"headers": [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]},
    "a program that wants JSON": {"headers": [JSON]},
    "a program that says nothing else": {"headers": []},
    "jQuery": {"headers": [HTML, ("X-Requested-With", "XMLHttpRequest")]},
    "a prefetch": {"headers": [NAVIGATE, ("Sec-Purpose", "prefetch")]},
    "a prerender": {"headers": [NAVIGATE, ("Sec-Purpose", "prefetch;prerender")]},
    "an older prefetch": {"headers": [HTML, ("Purpose", "prefetch")]},
    "WebSocket": {"headers": [("Sec-Fetch-Mode", "websocket"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]},
    "an upgrade that claims to be a navigation": {
        "headers": [NAVIGATE, ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    },
    "a form": {"headers": [NAVIGATE, HTML], "method": "POST", "body": b"a=b"},
    "PUT": {"headers": [NAVIGATE], "method": "PUT", "body": b"{}"},
    "DELETE": {"headers": [CORS], "method": "DELETE"},
    "OPTIONS": {"headers": [NAVIGATE], "method": "OPTIONS"},
}



@pytest.mark.parametrize("request_of", REDIRECTED.values(), ids=REDIRECTED.keys())
def test_visitor_is_redirected_for(site, request_of):
    answer = site.start().browser(sec_fetch=False).request(site.url("/x"), mode="cors", **request_of)
    assert site.goes_to_provider(answer)


@pytest.mark.parametrize("request_of", REFUSED.values(), ids=REFUSED.keys())
def test_visitor_gets_401_and_the_address_to_log_in_at_for(site, request_of):
    site.start()
    answer = site.browser(sec_fetch=False).request(site.url("/api/cart?x=1&y=%20"), mode="cors", **request_of)
    assert_login_required(site, answer, site.url("/api/cart?x=1&y=%20"))


def test_head_of_a_program_gets_401_without_a_body(site):
    answer = site.start().browser().fetch(site.url("/x"), method="HEAD")
    assert answer.status == 401 and answer.body == b"" and int(answer.get("Content-Length")) > 0


def test_address_to_log_in_at_is_the_login_link_where_there_is_one(site):
    site.start(provider=SCOPE + " login_uri /login;")
    assert_login_required(site, site.browser().fetch(site.url("/api")), site.url("/login"))


def test_address_with_quotes_is_still_json(site):
    site.start()
    with connect(site.url()) as sock:
        sock.sendall(f'GET /a"b\\c?d="e HTTP/1.1\r\nHost: localhost:{site.port}\r\nConnection: close\r\n\r\n'.encode())
        answer = read_answer(sock, "GET", site.url())
    assert answer.status == 401 and answer.json()["login_url"].startswith(site.origin + "/")


def test_program_of_a_customer_gets_its_answer(site):
    browser = site.start().customer()
    answer = browser.fetch(site.url("/api"), method="POST", body=b"a=b")
    assert answer.status == 200 and answer.json()["body"] == "a=b"


def test_body_of_a_refused_request_does_not_disturb_the_next_one(site):
    site.start()
    host = f"Host: localhost:{site.port}\r\n"
    body = b"GET /open/smuggled HTTP/1.1\r\n\r\n" * 200
    with connect(site.url()) as sock:
        sock.sendall(f"POST /x HTTP/1.1\r\n{host}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert read_answer(sock, "POST", site.url()).status == 401
        sock.sendall(f"GET /open/ HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
        answer = read_answer(sock, "GET", site.url())
    assert answer.status == 200 and answer.json()["target"] == "/open/"


def test_redirect_leaves_the_connection_usable(site):
    site.start()
    request = f"GET /x HTTP/1.1\r\nHost: localhost:{site.port}\r\nSec-Fetch-Mode: navigate\r\n\r\n".encode()
    with connect(site.url()) as sock:
        sock.sendall(request * 3)
        with sock.makefile("rb") as stream:
            statuses = [read_head(stream) for _ in range(3)]
    assert statuses == [302, 302, 302]


def read_head(stream):
    """The status of an answer without a body."""
    status = int(stream.readline().split()[1])
    while stream.readline().strip():
        pass
    return status


# auth_oidc_challenge


def test_challenge_401_refuses_navigations_too(site):
    answer = site.start("auth_oidc_challenge 401;").browser().open(site.url("/x"), follow=False)
    assert_login_required(site, answer, site.url("/x"))


def test_challenge_redirect_redirects_programs_too(site):
    site.start("auth_oidc_challenge redirect;")
    assert site.goes_to_provider(site.browser().fetch(site.url("/x"), follow=False))
    assert site.goes_to_provider(site.browser().fetch(site.url("/x"), method="HEAD", follow=False))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_challenge_redirect_never_redirects(site, method):
    body = b"a=b" if method in ("POST", "PUT") else None
    answer = site.start("auth_oidc_challenge redirect;").browser().open(
        site.url("/x"), method=method, body=body, follow=False
    )
    assert answer.status == 401


def test_challenge_is_inherited_and_can_be_changed_back(site):
    locations = LOCATIONS + "location /pages/ { auth_oidc_challenge auto; proxy_pass @BACKEND@; }"
    site.start("auth_oidc_challenge 401;", locations)
    assert site.browser().open(site.url("/x"), follow=False).status == 401
    assert site.goes_to_provider(site.browser().open(site.url("/pages/x"), follow=False))


PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "PUT")]


def test_preflight_reaches_the_backend_where_it_may(site):
    site.start("auth_oidc_challenge auto preflight=pass;")
    browser = site.browser()
    assert browser.fetch(site.url("/api"), method="OPTIONS", headers=PREFLIGHT).status == 200
    assert browser.fetch(site.url("/api"), method="OPTIONS").status == 401
    assert browser.fetch(site.url("/api"), method="GET", headers=PREFLIGHT).status == 401


def test_preflight_is_refused_otherwise(site):
    answer = site.start().browser().fetch(site.url("/api"), method="OPTIONS", headers=PREFLIGHT)
    assert answer.status == 401


# auth_oidc_args and extra_auth_args


def test_parameters_of_the_location_are_sent(site):
    locations = """
        location /de/ { auth_oidc_args ui_locales=de "login_hint=$arg_hint" acr_values=gold; proxy_pass @BACKEND@; }
        location / { proxy_pass @BACKEND@; }
    """
    site.start('auth_oidc_args "prompt=select_account";', locations)
    asked = site.browser().open(site.url("/de/?hint=a%26b"), follow=False).location_parameters
    assert (asked["ui_locales"], asked["acr_values"]) == ("de", "gold")
    assert asked["login_hint"] == "a%26b" and "prompt" not in asked
    assert site.browser().open(site.url("/"), follow=False).location_parameters["prompt"] == "select_account"


def test_empty_parameter_is_left_out(site):
    site.start("auth_oidc_args login_hint=$arg_hint;")
    assert "login_hint" not in site.browser().open(site.url("/"), follow=False).location_parameters


def test_parameter_of_the_location_comes_before_that_of_the_provider(site):
    site.start("auth_oidc_args prompt=login;", provider=SCOPE + ' extra_auth_args "prompt=none&display=popup";')
    asked = site.browser().open(site.url("/"), follow=False).location_parameters
    assert (asked["prompt"], asked["display"]) == ("login", "popup")


def test_parameters_of_the_provider_may_hold_variables(site):
    site.start(provider=SCOPE + ' extra_auth_args "login_hint=$arg_who&a=b%20c";')
    asked = site.browser().open(site.url("/?who=zoe"), follow=False).location_parameters
    assert (asked["login_hint"], asked["a"]) == ("zoe", "b c")


def test_value_of_a_variable_can_not_add_parameters(site):
    site.start("auth_oidc_args login_hint=$http_x_hint;")
    headers = [("X-Hint", "a&client_id=evil&b=c d\u00fc#")]
    answer = site.browser().open(site.url("/"), headers=headers, follow=False)
    asked = answer.location_parameters
    assert asked["client_id"] == "shop" and asked["login_hint"] == "a&client_id=evil&b=c dü#"


def test_without_a_scope_line_the_scopes_of_the_claims_in_use_are_requested(site):
    site.start("oidc_set_header X-Name $oidc_claim_name; oidc_set_header X-Own $oidc_claim_own;", provider="")
    asked = site.browser().open(site.url("/"), follow=False).location_parameters
    assert sorted(asked["scope"].split()) == ["email", "openid", "profile"]


def test_scope_line_is_requested_as_it_stands(site):
    site.start(provider="scope openid offline_access;")
    assert site.browser().open(site.url("/"), follow=False).location_parameters["scope"] == "openid offline_access"


def test_endpoint_that_has_a_query_already_keeps_it(site, provider):
    provider.behave(metadata={"authorization_endpoint": provider.issuer + "/authorize?p=policy"})
    answer = site.start().browser().open(site.url("/"), follow=False)
    assert answer.location.count("?") == 1 and answer.location_parameters["p"] == "policy"


# Pages of our own


def test_error_page_of_the_site_takes_the_place_of_ours(site, provider):
    provider.behave(token={"status": 500})
    locations = LOCATIONS + "location = /sorry { auth_oidc off; internal; return 200 'our own words'; }"
    answer = site.start("error_page 502 /sorry;", locations).browser().open(site.url("/"))
    assert answer.status == 502 and answer.text == "our own words"


def test_error_page_for_401_serves_programs_and_leaves_redirects_alone(site):
    locations = LOCATIONS + "location = /please { auth_oidc off; internal; return 200 'please log in'; }"
    site.start("error_page 401 /please; error_page 302 /please;", locations)
    assert site.goes_to_provider(site.browser().open(site.url("/"), follow=False))
    assert site.browser().fetch(site.url("/")).status == 401


def test_error_page_that_needs_a_login_itself_is_no_loop(site, provider):
    provider.behave(token={"status": 500})
    answer = site.start("error_page 502 /sorry;").browser().open(site.url("/"))
    assert answer.status == 502
    assert len(provider.seen("authorization")) == 1


def test_page_of_ours_can_be_read_by_everybody(site, provider):
    provider.behave(token={"status": 500})
    page = site.start().browser().open(site.url("/"))
    assert page.get("Content-Type") == "text/html; charset=utf-8"
    for needed in ("<!DOCTYPE html>", '<html lang="', "<title>", "viewport", "<main>", "<h1>"):
        assert needed in page.text, needed
    assert "<script" not in page.text and "http://" not in page.text
    assert int(page.get("Content-Length")) == len(page.body)
