"""Every way in which nginx passes a request on takes the customer along, and nothing that a client made up."""

import re

import pytest
from support.fake_provider import CUSTOMER
from support.gateways import Gateway, scgi_pairs, uwsgi_pairs
from support.site import SCOPE

FORGED = "eve@evil.example"
SPELLINGS = ["X-Customer-Email", "x_customer_email", "X.Customer.Email"]
LOOSE = "underscores_in_headers on; ignore_invalid_headers off;"
# PHP and its like see a field of this name wherever one of its signs was no letter or digit.
AS_VARIABLE = "HTTP_X_CUSTOMER_EMAIL"


@pytest.fixture
def passes(make_site, fastcgi):
    """A line that passes a request to a backend of the kind; pairs of what that backend was told."""
    gateways = {"uwsgi": Gateway(uwsgi_pairs), "scgi": Gateway(scgi_pairs)}
    ports = {"fastcgi": fastcgi.port, **{kind: gateway.port for kind, gateway in gateways.items()}}

    def line(kind):
        if kind == "proxy":
            return "proxy_pass @BACKEND@;"
        if kind == "grpc":
            behind = make_site()
            listen = f"server {{ listen 127.0.0.1:{behind.port} http2; location / {{ proxy_pass @BACKEND@; }} }}"
            behind.start(text=LOOSE + listen)
            return f"grpc_pass grpc://127.0.0.1:{behind.port};"
        return f"{kind}_param CONTENT_LENGTH $content_length; {kind}_pass 127.0.0.1:{ports[kind]};"

    yield line
    for gateway in gateways.values():
        gateway.stop()


KINDS = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"]
each = pytest.mark.parametrize("kind", KINDS)


def told(answer):
    """The pairs that the backend was told, in the names of CGI."""
    assert answer.status == 200, answer.status
    members = answer.json()
    pairs = members.get("params") or [("HTTP_" + name, value) for name, value in members["headers"]]
    return [(re.sub("[^A-Z0-9]", "_", name.upper()), value) for name, value in pairs]


def values(answer, name):
    return [value for key, value in told(answer) if key == name]


@each
def test_customer_reaches_the_backend_and_a_visitor_does_not_by(site, passes, kind):
    site.start("", f"location / {{ {passes(kind)} }}")
    assert site.goes_to_provider(site.browser().open(site.url("/x"), follow=False))
    assert site.browser().fetch(site.url("/x")).status == 401
    answer = site.browser().open(site.url("/x"))
    assert values(answer, AS_VARIABLE) == [CUSTOMER["email"]]
    assert values(answer, "HTTP_X_CUSTOMER_ID") == [CUSTOMER["sub"]]


@each
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_forged_header_reaches_no_backend_by(site, passes, kind, spelling):
    line = passes(kind)
    site.start(LOOSE, f"location / {{ {line} }} location /open/ {{ auth_oidc off; {line} }}")
    forged = [(spelling, FORGED)] * 2
    assert values(site.browser().open(site.url("/open/"), headers=forged, follow=False), AS_VARIABLE) == []
    assert values(site.customer().open(site.url("/"), headers=forged), AS_VARIABLE) == [CUSTOMER["email"]]


@each
def test_body_of_a_customer_s_request_arrives_by(site, passes, kind):
    browser = site.start("", f"location / {{ {passes(kind)} }}").customer()
    assert browser.fetch(site.url("/x"), method="POST", body=b"a=b" * 1000).json()["body"] == "a=b" * 1000


@each
def test_visitor_where_login_is_optional_reaches_the_backend_as_nobody_by(site, passes, kind):
    site.start("auth_oidc_mode optional;", f"location / {{ {passes(kind)} }}")
    assert values(site.browser().open(site.url("/"), follow=False), AS_VARIABLE) == []


# Captures of a location's regular expression

SECTIONS = r"""
    location ~ ^/s/(?<part>[a-z]+)/(\d+)$ {
        auth_oidc_args "ui_locales=level-$2";
        oidc_set_header X-Part $part;
        oidc_set_header X-Number $2;
        oidc_set_header X-Both "$part-$2 of $oidc_subject";
        proxy_pass @BACKEND@/sections/$part/$2?q=$arg_q;
    }
    location / { proxy_pass @BACKEND@; }
"""


def test_captures_are_sent_to_the_provider(site):
    answer = site.start("", SECTIONS).browser().open(site.url("/s/mugs/42"), follow=False)
    assert answer.location_parameters["ui_locales"] == "level-42"


@pytest.mark.parametrize("logged_in", [False, True], ids=["right after the login", "later"])
def test_captures_reach_headers_and_the_backend_s_address(site, logged_in):
    """The module has looked for cookies, names and paths meanwhile."""
    browser = site.start("", SECTIONS).browser()
    if logged_in:
        browser.open(site.url("/"))
    answer = browser.open(site.url("/s/mugs/42?q=1"))
    assert answer.json()["target"] == "/sections/mugs/42?q=1"
    assert values(answer, "HTTP_X_PART") == ["mugs"] and values(answer, "HTTP_X_NUMBER") == ["42"]
    assert values(answer, "HTTP_X_BOTH") == [f"mugs-42 of {CUSTOMER['sub']}"]


def test_captures_of_the_server_s_name_reach_headers_and_address(make_site, provider):
    site = make_site(provider, host="mugs.localhost")
    listen = f"listen 127.0.0.1:{site.port}; server_name ~^(?<section>[a-z]+)\\.localhost$;"
    block = site.http("", "location / { proxy_pass @BACKEND@/$section$uri; }", base="auth_oidc shop;")
    lines = f"{listen} oidc_set_header X-Part $section; oidc_set_header X-Customer-Email $oidc_claim_email;"
    site.start(text=block.replace(site.listen, lines))
    answer = site.browser().open(site.url("/page"))
    assert answer.json()["target"] == "/mugs/page" and values(answer, "HTTP_X_PART") == ["mugs"]


def test_captures_of_a_rewrite_are_kept(site):
    locations = r"""
        location /old/ { rewrite ^/old/(\w+)/(\w+)$ /new/$2/$1?was=$1 last; }
        location ~ ^/new/(\w+)/(\w+)$ { oidc_set_header X-Part $1; proxy_pass @BACKEND@/$2?$args; }
        location / { proxy_pass @BACKEND@; }
    """
    browser = site.start("", locations).browser()
    for _ in range(2):
        answer = browser.open(site.url("/old/a/b"))
        assert answer.json()["target"] == "/a?was=a" and values(answer, "HTTP_X_PART") == ["b"]


def test_uri_of_the_location_is_replaced_as_without_the_module(site):
    locations = "location /shop/ { proxy_pass @BACKEND@/app/; } location / { proxy_pass @BACKEND@; }"
    browser = site.start("", locations).customer()
    assert browser.open(site.url("/shop/a%20b/?c=d")).json()["target"] == "/app/a%20b/?c=d"


# Groups of backends


def test_group_of_backends_with_a_dead_one_serves_customers(site):
    http = f"upstream shop {{ server 127.0.0.1:1; server 127.0.0.1:{site.backend.port}; keepalive 4; }}"
    locations = "location / { proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass http://shop; }"
    browser = site.start("", locations, http=http).customer()
    for _ in range(4):
        assert values(browser.open(site.url("/")), AS_VARIABLE) == [CUSTOMER["email"]]


@pytest.mark.parametrize("line", ["proxy_pass_request_headers off;", "proxy_request_buffering off;", "proxy_buffering off;"])
def test_customer_is_let_in_with(site, line):
    browser = site.start(line).customer()
    answer = browser.fetch(site.url("/x"), method="POST", body=b"a=b")
    assert answer.status == 200 and answer.json()["body"] == "a=b"


def test_cache_of_the_site_that_is_keyed_by_customer_mixes_nobody(make_site, provider, tmp_path):
    """What a cache holds is shown to nobody before the login."""
    site = make_site(provider)
    http = f"proxy_cache_path {tmp_path}/cache keys_zone=pages:1m;"
    lines = "proxy_cache pages; proxy_cache_valid 1h; proxy_cache_key $uri$oidc_subject;"
    site.start(lines + "add_header X-Cache $upstream_cache_status;", http=http, provider=SCOPE)
    first = site.customer()
    assert first.open(site.url("/")).get("X-Cache") == "HIT"
    assert site.goes_to_provider(site.browser().open(site.url("/"), follow=False))
    provider.customer.update(sub="customer-0815", email="amara@mail.example")
    answer = site.browser().open(site.url("/"))
    assert answer.get("X-Cache") == "MISS" and values(answer, AS_VARIABLE) == ["amara@mail.example"]
