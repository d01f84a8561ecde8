"""A location has one provider: what it checks is what it passes on, and no other provider's customer gets in."""

import pytest
from support.backend import header
from support.site import SCOPE, provider_block

ROLE = "map $oidc_claim_role $is_admin { default 0; admin 1; }"
PICK = 'map $http_x_pick $pick { default ""; ~^(one|two)$ $1; }'
TENANT = "map $1 $tenant { volatile; default off; one one; two two; }"


@pytest.fixture
def providers(make_provider):
    one, two = make_provider(), make_provider()
    one.customer.update(sub="customer-of-one", role="admin")
    two.customer.update(sub="customer-of-two", role="guest")
    return one, two


@pytest.fixture
def start(make_site, providers):
    def run(locations, http="", lines=("redirect_uri /cb-one;", "redirect_uri /cb-two;")):
        site = make_site(providers[0])
        names = zip(("one", "two"), providers, lines)
        blocks = "".join(provider_block(provider, name, SCOPE + line) for name, provider, line in names)
        headers = "oidc_set_header X-Who $oidc_subject; oidc_set_header X-Provider $oidc_provider;"
        return site.start(text=f"{blocks} {http} server {{ @LISTEN@ {headers} {locations} }}")

    return run


def customer_of_both(site, first="/one/x", second="/two/x"):
    browser = site.customer(first)
    assert browser.open(site.url(second)).status == 200
    return browser


def known_as(answer):
    assert answer.status == 200
    return header(answer.json(), "X-Provider"), header(answer.json(), "X-Who")


# A variable that names the provider

CAPTURED = "location ~ ^/(one|two)/ { auth_oidc %s; %s proxy_pass @BACKEND@; }"
MOVING = {
    "a header": "oidc_set_header X-Pick $pick;",
    "a rule": "auth_require $pick error=403;",
    "a condition": 'if ($http_x_pick ~ "^(one|two)$") { set $seen 1; }',
    "a variable": "set $seen $pick;",
}


@pytest.mark.parametrize("variable", ["$1", "$tenant"])
@pytest.mark.parametrize("moving", MOVING.values(), ids=MOVING.keys())
def test_capture_that_changes_changes_no_provider_by(start, variable, moving):
    site = start(CAPTURED % (variable, moving), PICK + TENANT)
    browser = site.browser()
    for place in ("one", "two"):
        browser.open(site.url(f"/{place}/x"), headers=[("X-Pick", place)])
    for place, other in (("one", "two"), ("two", "one")):
        answer = browser.open(site.url(f"/{place}/x"), headers=[("X-Pick", other)])
        assert known_as(answer) == (place, f"customer-of-{place}")


@pytest.mark.parametrize("variable", ["$1", "$tenant"])
@pytest.mark.parametrize("moving", MOVING.values(), ids=MOVING.keys())
def test_customer_of_one_provider_is_none_of_another_although_a_capture_changes_by(start, backend, variable, moving):
    site = start(CAPTURED % (variable, moving), PICK + TENANT)
    browser = site.browser()
    browser.open(site.url("/one/x"), headers=[("X-Pick", "one")])
    backend.seen.clear()
    answer = browser.open(site.url("/two/x"), headers=[("X-Pick", "one")], follow=False)
    assert answer.status == 302 and backend.seen == []


ON_THE_WAY = {
    "a rewrite": "rewrite ^/one/go/(.*)$ /two/$1 last;",
    "X-Accel-Redirect": "",
    "an error page": "error_page 418 /two/y; if ($arg_go) { return 418; }",
}
GO = {"a rewrite": "/one/go/y", "X-Accel-Redirect": "/one/x?accel=/two/y", "an error page": "/one/x?go=1"}


@pytest.mark.parametrize("variable", ["$1", "$tenant"])
@pytest.mark.parametrize("way", GO)
def test_same_location_entered_again_for_another_provider_needs_its_login(start, backend, way, variable):
    site = start(CAPTURED % (variable, ON_THE_WAY[way]), TENANT)
    browser = site.customer("/one/x")
    answer = browser.open(site.url(GO[way]), follow=False)
    assert not [seen for seen in backend.seen if seen["target"].startswith("/two/")]
    assert answer.status in (302, 401, 403, 500)


def test_variable_is_read_as_the_location_sets_it(start, backend):
    site = start("""
        set $tenant one;
        location /one/ { auth_oidc $tenant; proxy_pass @BACKEND@; }
        location /two/ { set $tenant two; auth_oidc $tenant; proxy_pass @BACKEND@; }
    """)  # fmt: skip
    browser = site.customer("/one/x")
    backend.seen.clear()
    assert browser.open(site.url("/two/x"), follow=False).status == 302 and backend.seen == []
    assert known_as(browser.open(site.url("/two/x"))) == ("two", "customer-of-two")
    assert known_as(browser.open(site.url("/one/x"))) == ("one", "customer-of-one")


# From a location of one provider to a location of another

ENTERED = {
    "a rule": "auth_require $is_admin;",
    "a header": "oidc_set_header X-Admin $is_admin;",
    "a rule after a variable": "set $who $oidc_subject; auth_require $is_admin;",
}


@pytest.mark.parametrize("entered", ENTERED.values(), ids=ENTERED.keys())
def test_claim_of_one_provider_opens_nothing_of_another_that_has(start, backend, entered):
    """nginx keeps what a map said in the first location for the whole request."""
    site = start(
        """
        location /one { auth_oidc one; if ($is_admin) { rewrite ^/one/go /two/admin last; } proxy_pass @BACKEND@; }
        location /two { auth_oidc two; proxy_pass @BACKEND@; }
        location /two/admin { auth_oidc two; %s proxy_pass @BACKEND@; }
        """ % entered, ROLE)  # fmt: skip
    browser = customer_of_both(site)
    backend.seen.clear()
    assert browser.open(site.url("/one/go")).status == 500
    assert backend.seen == []
    assert "keep the providers' locations apart" in site.nginx.log()


def test_location_of_another_provider_with_a_rule_is_refused_after_the_backend_sent_nginx_on(start, backend):
    site = start(
        """
        location /one { auth_oidc one; oidc_set_header X-Admin $is_admin; proxy_pass @BACKEND@; }
        location /two { auth_oidc two; proxy_pass @BACKEND@; }
        location /two/admin { auth_oidc two; auth_require $is_admin; proxy_pass @BACKEND@; }
        """, ROLE)  # fmt: skip
    browser = customer_of_both(site)
    answer = browser.open(site.url("/one/x?accel=/two/admin"))
    assert answer.status == 500 and backend.seen[-1]["target"] == "/one/x?accel=/two/admin"


def test_rule_of_another_provider_asks_its_own_customer_when_opened_as_such(start):
    site = start(
        """
        location /one { auth_oidc one; proxy_pass @BACKEND@; }
        location /two { auth_oidc two; auth_require $is_admin; proxy_pass @BACKEND@; }
        """, ROLE)  # fmt: skip
    assert site.customer("/one/x").open(site.url("/two/x")).status == 403


# One redirect URI for two providers


def test_log_names_the_provider_that_failed_where_two_share_a_callback(start, providers):
    one, two = providers
    two.behave(token={"status": 500})
    site = start(
        "location /one { auth_oidc one; proxy_pass @BACKEND@; } location /two { auth_oidc two; proxy_pass @BACKEND@; }",
        lines=("", ""),
    )
    for each in (one, two):  # RFC 9207: else the answer of one could be taken for the other's
        each.behave(
            metadata={"authorization_response_iss_parameter_supported": True}, response={"iss": each.issuer}
        )
    assert site.browser().open(site.url("/two")).status == 502
    lines = [line for line in site.nginx.log().splitlines() if "[error]" in line and "ciam: provider" in line]
    assert lines and all('provider "two"' in line for line in lines), lines
