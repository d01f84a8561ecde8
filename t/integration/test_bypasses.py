"""What has opened doors of other products: a field, an address, a cookie or a body of the client's choosing."""

import pytest
from support.backend import header
from support.browser import read_answer
from support.connection import NAVIGATION, Connection, session_field
from support.site import LOCATIONS, SCOPE

ENDPOINTS = (
    SCOPE
    + "login_uri /login; logout_uri /logout; frontchannel_logout_uri /front; backchannel_logout_uri /back;"
)
OPEN = LOCATIONS + """
    location = /health { auth_oidc off; proxy_pass @BACKEND@; }
    location ~ \\.css$ { auth_oidc off; proxy_pass @BACKEND@; }
"""


# Fields. Bug class: the decision, or the rule that makes it, is chosen by a field that anybody can send: the
# User-Agent of a health check, X-Forwarded-Uri, a token that nobody looks at.

FIELDS = {
    "User-Agent of Google's health check": "User-Agent: GoogleHC/1.0",
    "User-Agent of Amazon's health check": "User-Agent: ELB-HealthChecker/2.0",
    "User-Agent of Kubernetes": "User-Agent: kube-probe/1.30",
    "X-Forwarded-Uri": "X-Forwarded-Uri: /open/",
    "X-Forwarded-Prefix": "X-Forwarded-Prefix: /open",
    "X-Original-URL": "X-Original-URL: /open/",
    "X-Original-URI": "X-Original-URI: /health",
    "X-Rewrite-URL": "X-Rewrite-URL: /health",
    "X-Accel-Redirect": "X-Accel-Redirect: /open/",
    "X-Forwarded-For": "X-Forwarded-For: 127.0.0.1",
    "X-Real-IP": "X-Real-IP: 127.0.0.1",
    "X-Forwarded-Host": "X-Forwarded-Host: evil.example",
    "X-Forwarded-Host of separators alone": "X-Forwarded-Host: ,",
    "X-Forwarded-Proto": "X-Forwarded-Proto: https",
    "X-Forwarded-Proto that injects": "X-Forwarded-Proto: https://evil.example/?",
    "X-Forwarded-Port": "X-Forwarded-Port: 1",
    "Forwarded": 'Forwarded: for=127.0.0.1;host=evil.example;proto="https"',
    "Forwarded of separators alone": "Forwarded: ;,;",
    "X-HTTP-Method-Override": "X-HTTP-Method-Override: OPTIONS",
    "X-Forwarded-Method": "X-Forwarded-Method: OPTIONS",
    "X-Forwarded-User": "X-Forwarded-User: zoe",
    "X_Forwarded_User": "X_Forwarded_User: zoe",
    "Remote-User": "Remote-User: zoe",
    "X-Auth-Request-Redirect": "X-Auth-Request-Redirect: https://evil.example/",
    "X-SSL-Client-Verify": "X-SSL-Client-Verify: SUCCESS",
    "a bearer token of nonsense": "Authorization: Bearer nonsense",
    "a bearer token without a signature": "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ6b2UifQ.",
    "Bearer without a token": "Authorization: Bearer",
    "Bearer without a space": "Authorization: Bearereyj",
    "a password": "Authorization: Basic em9lOnpvZQ==",
}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_visitor_is_sent_to_the_provider_as_ever_with(site, backend, field):
    site.start("underscores_in_headers on;", OPEN)
    with Connection(site) as connection:
        answer = connection.ask("/members", extra=f"{NAVIGATION}{field}\r\n")
    assert site.goes_to_provider(answer) and backend.seen == []
    assert answer.location_parameters["redirect_uri"] == site.url("/oidc_callback")
    assert list(answer.new_cookies()) == ["NGX_OIDC_LOGIN"]


# Addresses. Bug class: a rule for open pages is matched against the query, the fragment or another spelling than
# the one that is served.

ADDRESSES = [
    "/members?/open/", "/members?/health", "/members?x=.css", "/members?.css", "/members#/open/", "/members#.css",
    "/members?x#.css", "/members/#/../open/", "/open/..%2fmembers", "/open/%2e%2e%2fmembers", "/open/.%2e/members",
    "/health/../members", "/x.css/../members", "//members", "/%2fmembers", "/OPEN/", "/health/", "/health%20",
]  # fmt: skip


@pytest.mark.parametrize("target", ADDRESSES)
def test_rule_for_open_pages_is_not_met_by(site, backend, target):
    site.start("", OPEN)
    with Connection(site) as connection:
        assert site.goes_to_provider(connection.ask(target))
    assert backend.seen == []


# Identity headers where the module answers itself, or lets pass without a login. Bug class: they are removed on the
# ordinary way only, and not from a preflight, nor where an error of the module's own address goes to the backend.

FORGED = [("X-Customer-Email", "eve@evil.example"), ("X_Customer_Id", "eve")]


def test_preflight_that_passes_carries_no_forged_header(site):
    site.start("underscores_in_headers on; auth_oidc_challenge auto preflight=pass;")
    asks = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT")]
    answer = site.browser().request(site.url("/x"), method="OPTIONS", headers=asks + FORGED)
    assert answer.status == 200 and answer.json()["method"] == "OPTIONS"
    assert "eve" not in answer.text


REFUSED = {
    "a callback without a state": ("GET", "/oidc_callback?code=x"),
    "a callback by another method": ("PUT", "/oidc_callback"),
    "a logout by another method": ("PUT", "/logout"),
    "a logout by a frame without a sid": ("GET", "/front?sid=a"),
}


@pytest.mark.parametrize("method, target", REFUSED.values(), ids=REFUSED.keys())
def test_error_page_at_the_backend_is_sent_no_forged_header_for(site, backend, method, target):
    pages = "error_page 400 405 = @sorry; underscores_in_headers on;"
    site.start(pages, LOCATIONS + "location @sorry { auth_oidc off; proxy_pass @BACKEND@; }", provider=ENDPOINTS)
    answer = site.browser().request(site.url(target), method=method, headers=FORGED)
    assert answer.status == 200 and len(backend.seen) == 1
    assert "eve" not in str(backend.seen) and header(backend.seen[0], "X-Customer-Email") is None


# Cookies. Bug class: a parser that reads past a cookie without "=", a field of separators alone, or believes the
# number of parts that a cookie tells.

COOKIES = {
    "semicolons alone": ";",
    "many semicolons": ";" * 1000,
    "blanks alone": "   ",
    "semicolons and blanks": " ; ; ",
    "an equals sign alone": "=",
    "equals signs": "=;==;=a;",
    "the session's name alone": "NGX_OIDC_SESSION",
    "the session's name and no value": "NGX_OIDC_SESSION=",
    "the login's name alone": "NGX_OIDC_LOGIN",
    "the beginning of the login's name": "NGX_OIDC_LOG",
    "names that begin like ours": "NGX_OIDC_LOGIN_x; NGX_OIDC_LOGINx; NGX_OIDC_SESSIONx",
    "a huge number of parts": "NGX_OIDC_SESSION_chunks=99999999; NGX_OIDC_SESSION_0=x",
    "one part of very many": "NGX_OIDC_SESSION_1of2147483647=x; NGX_OIDC_SESSION_1of-1=x",
    "an open quote": 'NGX_OIDC_SESSION="',
    "no separator between two": "NGX_OIDC_SESSION=NGX_OIDC_LOGIN=",
}
EVERYWHERE = ["/members", "/open/", "/oidc_callback?code=a&state=b", "/login", "/logout", "/front", "/front?sid=a"]


@pytest.mark.parametrize("cookies", COOKIES.values(), ids=COOKIES.keys())
def test_odd_cookies_log_nobody_in_and_hide_no_session(site, cookies):
    site.start(provider=ENDPOINTS)
    workers = site.nginx.worker_pids()
    own = session_field(site, site.customer())
    with Connection(site) as connection:
        for target in EVERYWHERE:
            answer = connection.ask(target, extra=f"{NAVIGATION}Cookie: {cookies}\r\n")
            assert answer.status in ((200, 302, 400) if target != "/members" else (302,)), target
        assert connection.ask("/members", extra=f"{NAVIGATION}Cookie: {cookies}\r\n{own}").status == 200
        beside = own.replace("Cookie: ", f"Cookie: {cookies}; ")
        assert connection.ask("/members", extra=NAVIGATION + beside).status == 200
    assert site.nginx.worker_pids() == workers


# Queries and bodies. Bug class: a crash by a query of separators alone, by an empty `iss`, by a body without a type.

QUERIES = ["?", "?&", "?&&&", "?=", "?=&=", "?&=&", "?iss=", "?iss", "?state=&code=&iss=", "?state", "?%00", "?%", "?#"]


@pytest.mark.parametrize("query", QUERIES)
def test_own_addresses_stand_a_query_of(site, query):
    site.start(provider=ENDPOINTS)
    workers = site.nginx.worker_pids()
    for path, statuses in {"/oidc_callback": (400,), "/login": (302,), "/logout": (200,), "/front": (200, 400)}.items():
        with Connection(site) as connection:
            assert connection.ask(path + query).status in statuses, path
    assert site.nginx.worker_pids() == workers


BODIES = {
    "no type and no body": b"Content-Length: 0\r\n\r\n",
    "no type": b"Content-Length: 7\r\n\r\ncode=ab",
    "an empty type": b"Content-Type:\r\nContent-Length: 7\r\n\r\ncode=ab",
    "another type": b"Content-Type: text/plain\r\nContent-Length: 7\r\n\r\ncode=ab",
    "two types": b"Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 7\r\n\r\ncode=ab",
    "parts without a boundary": b"Content-Type: multipart/form-data\r\nContent-Length: 7\r\n\r\ncode=ab",
    "no length": b"\r\n",
}


@pytest.mark.parametrize("rest", BODIES.values(), ids=BODIES.keys())
def test_own_addresses_and_pages_stand_a_post_with(site, rest):
    site.start(provider=ENDPOINTS)
    workers = site.nginx.worker_pids()
    cookies = session_field(site, site.customer()).encode()
    for path in ("/oidc_callback", "/oidc_callback?code=a&state=b", "/login", "/front", "/back", "/logout", "/members"):
        for who in (b"", cookies):
            with Connection(site) as connection:
                connection.send(connection.head(path, "POST", "Connection: close\r\n")[:-2] + who + rest)
                answer = read_answer(connection.sock, "POST", site.url(path))
            expected = (200,) if (path, who) == ("/members", cookies) else (200, 400, 401, 405, 415)
            assert answer.status in expected, path
            assert site.session_cookie not in answer.new_cookies()
    assert site.nginx.worker_pids() == workers
