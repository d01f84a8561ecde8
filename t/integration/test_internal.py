"""Whether a login is needed is decided by what nginx serves in the end, not by what was asked for."""

import pytest
from support.backend import header

LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location /open/ { auth_oidc off; proxy_pass @BACKEND@; }
    location /rewritten/ { auth_oidc off; rewrite ^/rewritten/(.*) /members/$1 last; }
    location /broken/ { auth_oidc off; rewrite ^/broken/(.*) /members/$1 break; proxy_pass @BACKEND@; }
    location /tried/ { auth_oidc off; try_files /none /members/tried; }
    location /named/ { auth_oidc off; try_files /none @members; }
    location /missing/ { auth_oidc off; error_page 404 /members/missing; return 404; }
    location /members/ { oidc_set_header X-From members; proxy_pass @BACKEND@; }
    location @members { proxy_pass @BACKEND@; }
    location /two/ { proxy_pass @BACKEND@; }
    location /inner/ { internal; oidc_set_header X-From inner; proxy_pass @BACKEND@; }
    location /public/ { internal; auth_oidc off; oidc_set_header X-From public; proxy_pass @BACKEND@; }
"""


@pytest.mark.parametrize("way", ["rewritten", "tried", "named", "missing"])
def test_visitor_does_not_get_at_a_protected_page_by_the_way_of(site, way):
    site.start("", LOCATIONS)
    assert site.goes_to_provider(site.browser().open(site.url(f"/{way}/page?x=1"), follow=False))
    assert site.browser().fetch(site.url(f"/{way}/page")).status == 401


@pytest.mark.parametrize("way", ["rewritten", "tried", "named", "missing"])
def test_customer_comes_back_to_the_address_that_was_asked_for(site, backend, way):
    answer = site.start("", LOCATIONS).browser().open(site.url(f"/{way}/page?x=1"))
    assert answer.history[-1].location == site.url(f"/{way}/page?x=1")
    assert header(backend.seen[-1], "X-Customer-Email") == site.provider.customer["email"]


def test_page_that_is_served_where_no_login_is_needed_is_open(site):
    answer = site.start("", LOCATIONS).browser().open(site.url("/broken/page"), follow=False)
    assert answer.status == 200 and header(answer.json(), "X-Customer-Email") is None


@pytest.mark.parametrize("spelling", ["/open/../members/x", "/open/%2e%2e/members/x", "//members/x", "/open//../members/x"])
def test_spelling_of_a_path_does_not_lead_past_the_login(site, spelling):
    assert site.goes_to_provider(site.start("", LOCATIONS).browser().open(site.url(spelling), follow=False))


@pytest.mark.parametrize("target, header_set", [("/inner/y", "inner"), ("/public/y", "public")])
def test_backend_may_send_nginx_on(site, backend, target, header_set):
    browser = site.start("", LOCATIONS).customer()
    backend.seen.clear()
    answer = browser.open(site.url(f"/two/x?accel={target}"), headers=[("X-From", "forged")])
    assert answer.status == 200 and [seen["target"] for seen in backend.seen] == [f"/two/x?accel={target}", target]
    assert header(backend.seen[0], "X-From") is None
    assert header(backend.seen[1], "X-From") == header_set
    known = site.provider.customer["email"] if header_set == "inner" else None
    assert header(backend.seen[1], "X-Customer-Email") == known


def test_backend_of_an_open_page_can_not_open_a_protected_one(site, backend):
    site.start("", LOCATIONS)
    answer = site.browser().open(site.url("/open/x?accel=/inner/y"), follow=False)
    assert answer.status in (302, 401) and [seen["target"] for seen in backend.seen] == ["/open/x?accel=/inner/y"]


def test_own_addresses_are_served_to_the_outside_alone(site):
    """An internal redirect to the callback or the logout is none of a browser."""
    lines = "location /to-logout { auth_oidc off; error_page 404 /logout; return 404; }"
    site.start("", LOCATIONS + lines, provider="scope openid email; logout_uri /logout;")
    browser = site.customer()
    browser.open(site.url("/to-logout"), initiator="https://evil.example/")
    assert site.is_customer(browser)
