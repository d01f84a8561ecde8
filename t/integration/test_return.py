"""`return` runs before any login: nginx -t says so where it shows something."""

import pytest

WARNED = {
    "a text": "location /x { return 200 hello; }",
    "no text": "location /x { return 200; }",
    "a text behind other lines": "location /x { set $a 1; rewrite ^/no /x; if ($a = 2) { return 403; } return 200 hello; }",
    "in a regex location": "location ~ ^/x/(.*)$ { return 200 $1; }",
    "a login of its own and a redirect": "location /x { auth_oidc shop; return 301 /y; }",
    "a login by variable": "location /x { auth_oidc $host; return 200 hello; }",
    "a login of its own and 403": "location /x { auth_oidc shop; return 403; }",
}
SILENT = {
    "a redirect": "location /x { return 301 /y; }",
    "an address alone": "location /x { return http://localhost/y; }",
    "no content": "location /x { return 204; }",
    "an error": "location /x { return 404; }",
    "no login": "location /x { auth_oidc off; return 200 hello; }",
    "optional login": "location /x { auth_oidc_mode optional; return 200 hello; }",
    "a condition": "location /x { if ($request_method = OPTIONS) { return 200; } set $a 1; }",
    "conditions": "location /x { if ($arg_a) { return 200 a; } if ($arg_b) { set $c 1; return 200 b; } }",
    "no return at all": "location /x { rewrite ^ /y last; }",
}


@pytest.mark.parametrize("location", WARNED.values(), ids=WARNED.keys())
def test_protected_location_is_warned_of_with(site, location):
    verdict = site.check("", location)
    assert verdict.ok and '"return" in location' in verdict.text and "/x" in verdict.text


@pytest.mark.parametrize("location", SILENT.values(), ids=SILENT.keys())
def test_nothing_is_said_of_a_location_with(site, location):
    verdict = site.check("", location)
    assert verdict.ok and '"return"' not in verdict.text


def test_server_that_returns_is_warned_of(site):
    verdict = site.check("return 200 hello;")
    assert verdict.ok and '"return" in a server' in verdict.text


def test_warning_tells_the_truth(site):
    site.start("", WARNED["a text"])
    answer = site.browser().open(site.url("/x"), follow=False)
    assert (answer.status, answer.text) == (200, "hello")
