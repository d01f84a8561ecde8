"""The module's cookies are between the browser and nginx: no backend is told of them."""

import json

import pytest
from support.backend import header
from support.curl import curl
from support.site import LOCATIONS, SERVER, SCOPE, provider_block

OTHERS = 'theme=dark; basket="a b"; x='
MORE = """
    location /asked/ { proxy_set_header Cookie $http_cookie; proxy_pass @BACKEND@; }
    location /one/ {
        proxy_set_header X-Session $cookie_NGX_OIDC_SESSION;
        proxy_set_header X-Theme $cookie_theme;
        proxy_pass @BACKEND@;
    }
    location /accel/ { auth_oidc off; proxy_pass @BACKEND@; }
"""


def with_others(site, *fields):
    """The Cookie fields of a customer of this site whose backend has set cookies as well."""
    browser = site.customer()
    ours = "; ".join(f"{name}={value}" for name, value in browser.cookies(site.url()).items())
    assert "NGX_OIDC_SESSION=" in ours and "NGX_OIDC_LOGIN=" in ours
    return browser, [("Cookie", field.replace("OURS", ours)) for field in fields]


def cookies_seen(answer):
    return [value for name, value in answer.json()["headers"] if name.lower() == "cookie"]


@pytest.mark.parametrize("path", ["/", "/open/", "/asked/"])
@pytest.mark.parametrize(
    "sent, seen",
    [
        ([f"OURS; {OTHERS}"], [OTHERS]),
        ([f"{OTHERS}; OURS"], [OTHERS]),
        (["theme=dark; OURS; x=1"], ["theme=dark; x=1"]),
        (["OURS"], []),
        (["OURS", "theme=dark"], ["theme=dark"]),
        (["theme=dark", "OURS; x=1", "OURS"], ["theme=dark", "x=1"]),
    ],
    ids=["first", "last", "between", "alone", "a field of its own", "several fields"],
)
def test_backend_gets_its_own_cookies_and_none_of_ours_where_ours_are(site, path, sent, seen):
    site.start("", LOCATIONS + MORE)
    browser, fields = with_others(site, *sent)
    answer = browser.open(site.url(path), headers=fields, follow=False)
    assert answer.status == 200
    # $http_cookie is all fields in one.
    assert "; ".join(cookies_seen(answer)) == "; ".join(seen)


def test_cookies_of_a_visitor_pass_as_they_came(site):
    site.start("auth_oidc_mode optional;")
    answer = site.browser().open(site.url("/"), headers=[("Cookie", OTHERS + ";  y=2;"), ("Cookie", "z")])
    assert cookies_seen(answer) == [OTHERS + ";  y=2;", "z"]


def test_variable_of_a_cookie_of_ours_is_empty_for_the_backend(site):
    site.start("", LOCATIONS + MORE)
    browser, fields = with_others(site, f"OURS; {OTHERS}")
    seen = browser.open(site.url("/one/"), headers=fields).json()
    assert header(seen, "X-Session") is None and header(seen, "X-Theme") == "dark"


def test_customer_is_still_known_after_the_backend_of_an_open_page_sent_nginx_on(site, backend):
    """The first backend was not told of the cookies that the second location needs."""
    inner = "location /inner/ { internal; proxy_pass @BACKEND@; }"
    browser = site.start("", LOCATIONS + MORE + inner).customer()
    backend.seen.clear()
    assert browser.open(site.url("/accel/x?accel=/inner/y"), follow=False).status == 200
    first, second = backend.seen
    assert header(second, "X-Customer-Email") == site.provider.customer["email"]
    assert header(first, "Cookie") is None and header(second, "Cookie") is None


def test_cookies_of_every_provider_and_server_are_hidden(make_site, make_provider):
    first, second = make_provider(), make_provider()
    site = make_site(first)
    other = provider_block(second, "two", SCOPE + "redirect_uri /two; cookie_name shopper;")
    site.start("", LOCATIONS + "location /two/ { auth_oidc two; proxy_pass @BACKEND@; }", http=other)
    ours = "shopper=1; NGX_OIDC_SESSION=2; __Host-NGX_OIDC_SESSION=3; NGX_OIDC_LOGIN=4; __Host-NGX_OIDC_LOGIN=5"
    answer = site.browser().open(site.url("/open/"), headers=[("Cookie", f"{ours}; theme=dark")])
    assert cookies_seen(answer) == ["theme=dark"]


def test_cookie_of_a_name_that_only_looks_alike_passes(site):
    site.start()
    alike = "ngx_oidc_session=1; XNGX_OIDC_SESSION=2; NGX_OIDC_SESSION2=3; NGX_OIDC_SESSION"
    assert cookies_seen(site.browser().open(site.url("/open/"), headers=[("Cookie", alike)])) == [alike]


def test_fastcgi_backend_gets_none_of_ours(site, fastcgi):
    site.start("", f"location / {{ fastcgi_pass 127.0.0.1:{fastcgi.port}; }}")
    browser, fields = with_others(site, f"OURS; {OTHERS}")
    parameters = dict(browser.open(site.url("/"), headers=fields).json()["params"])
    assert parameters["HTTP_COOKIE"] == OTHERS


def test_cookie_fields_that_http2_splits_are_hidden_too(tls_site, tmp_path):
    browser = tls_site.start().customer()
    ours = [f"cookie: {name}={value}" for name, value in browser.cookies(tls_site.url()).items()]
    fields = [ours[0], "cookie: theme=dark", *ours[1:], "cookie: x=1"]
    lines = [option for field in fields for option in ("-H", field)]
    body, last = curl(tls_site, tmp_path, *lines, tls_site.url("/"))
    seen = json.loads(body)
    assert last == "2 200" and [value for name, value in seen["headers"] if name.lower() == "cookie"] == ["theme=dark; x=1"]


def test_subrequest_and_mirror_send_none_of_ours(site, backend):
    pages = """
        location = /mirrored { mirror /copy; proxy_pass @BACKEND@; }
        location = /asked { auth_request /copy; proxy_pass @BACKEND@; }
        location = /added { addition_types *; add_after_body /copy; proxy_pass @BACKEND@; }
        location = /copy { proxy_pass @BACKEND@; }
        location / { proxy_pass @BACKEND@; }
    """
    site.start("", pages)
    browser, fields = with_others(site, f"OURS; {OTHERS}")
    backend.seen.clear()
    for page in ("/mirrored", "/asked", "/added"):
        assert browser.open(site.url(page), headers=fields).status == 200
    site.stop()
    assert len(backend.seen) == 6
    assert [header(seen, "Cookie") for seen in backend.seen] == [OTHERS] * 6
