"""Values that nginx computed, and keeps, before the module knew who the customer is, decide nothing."""

import pytest
from support import expiring
from support.fake_provider import CUSTOMER

SUBJECT = CUSTOMER["sub"]
OF_MAP = f"""
    map $oidc_subject $standing {{ default good; {SUBJECT} bad; }}
    map $standing $is_welcome {{ default 1; bad 0; }}
"""
PRIVATE = "auth_oidc shop; auth_require $is_welcome; proxy_pass @BACKEND@;"
PAGES = f"""
    location / {{ auth_oidc shop; proxy_pass @BACKEND@; }}
    location /private/ {{ {PRIVATE} }}
    location @private {{ {PRIVATE} }}
    location /rewritten/ {{ set $note $is_welcome; rewrite ^ /private/x last; }}
    location /tried/ {{ set $note $is_welcome; try_files /none.html @private; }}
    location /failed/ {{ set $note $is_welcome; error_page 404 = /private/x; return 404; }}
    location /indexed/ {{ set $note $is_welcome; error_page 403 = @private; deny all; }}
"""
WAYS = ["rewritten", "tried", "failed", "indexed"]


@pytest.mark.parametrize("way", WAYS)
def test_rule_is_of_the_customer_although_a_map_was_read_in_a_page_without_login_that_was(site, backend, way):
    browser = site.start("", PAGES, base="", http=OF_MAP).customer()
    backend.seen.clear()
    assert browser.open(site.url(f"/{way}/x"), follow=False).status == 403 and backend.seen == []


@pytest.mark.parametrize("early", ["set $note $is_welcome;", "if ($is_welcome = no) { return 404; }"], ids=["set", "if"])
def test_rule_is_of_the_customer_although_a_map_was_read_by_a_server_without_login_by(site, backend, early):
    browser = site.start(early, PAGES, base="", http=OF_MAP).customer()
    backend.seen.clear()
    assert browser.open(site.url("/private/x"), follow=False).status == 403 and backend.seen == []
    assert "uninitialized" not in site.nginx.log()


# A map that reads both what a customer is and what nginx knows of the request already

TENANTS = f"""
    map "$tenant $oidc_subject" $is_kept_out {{ default 0; "acme {SUBJECT}" 1; }}
    map $is_kept_out $is_let_in {{ default 1; 1 0; }}
"""
OF_TENANT = """
    location / { auth_oidc shop; proxy_pass @BACKEND@; }
    location ~ ^/of/(?<tenant>\\w+)/ {
        auth_oidc shop; set $note $is_let_in; auth_require $is_let_in; proxy_pass @BACKEND@;
    }
"""


def test_rule_of_a_map_that_reads_a_named_capture_too_is_of_both(site):
    browser = site.start("set $note $is_let_in;", OF_TENANT, base="", http=TENANTS).customer()
    assert [browser.open(site.url(f"/of/{name}/x"), follow=False).status for name in ("acme", "other")] == [403, 200]


def test_captures_of_a_location_are_not_replaced_by_those_of_a_map_that_is_read_again(site):
    http = r"map $oidc_subject $is_welcome { default 0; ~^(?<first>.)(.*)$ 1; }"
    pages = r"""
        location / { auth_oidc shop; proxy_pass @BACKEND@; }
        location ~ ^/of/(.*)$ { auth_oidc shop; proxy_pass @BACKEND@/page/$1; }
    """
    browser = site.start("set $note $is_welcome;", pages, base="", http=http).customer()
    assert browser.open(site.url("/of/acme")).json()["target"] == "/page/acme"


# A value that an auth_request has set

ROLES = f"""
    map "$role $oidc_subject" $is_kept_out {{ default 0; "buyer {SUBJECT}" 1; }}
    map $is_kept_out $is_let_in {{ default 1; 1 0; }}
"""


def test_rule_of_a_map_that_reads_what_auth_request_has_set_is_of_both(site):
    pages = """
        location / { auth_oidc shop; proxy_pass @BACKEND@; }
        location = /role { internal; auth_oidc shop; oidc_check; oidc_set_header X-Role $http_x_of; }
        location /asked/ {
            auth_request /role; auth_request_set $role $sent_http_x_role;
            set $note $is_let_in; auth_require $is_let_in; proxy_pass @BACKEND@;
        }
    """
    browser = site.start("", pages, base="", http=ROLES).customer()
    answers = [browser.open(site.url("/asked/x"), follow=False, headers=[("X-Of", role)]) for role in ("buyer", "owner")]
    assert [answer.status for answer in answers] == [403, 200]


# Rules of the page that asks an oidc_check


@pytest.mark.parametrize("early", ["set $note $is_welcome;", ""], ids=["read early", "read first by the rule"])
@pytest.mark.parametrize("mode", ["", "auth_oidc_mode optional;"], ids=["login required", "login optional"])
def test_rule_of_a_page_that_asks_an_oidc_check_is_of_the_customer_whom_that_has_found(site, provider, backend, early, mode):
    pages = f"""
        location / {{ auth_oidc shop; proxy_pass @BACKEND@; }}
        location = /auth {{ internal; auth_oidc shop; {mode} oidc_check; }}
        location /app/ {{ auth_oidc off; {early} auth_request /auth; auth_require $is_welcome; proxy_pass @BACKEND@; }}
    """
    browser = site.start("", pages, base="", http=OF_MAP).customer()
    backend.seen.clear()
    assert browser.open(site.url("/app/x"), follow=False).status == 403 and backend.seen == []
    provider.customer["sub"] = "somebody-else"
    assert site.customer().open(site.url("/app/x"), follow=False).status == 200


# Claims that change within the request

OF_PLAN = "map $oidc_claim_plan $is_gold { gold 1; default 0; }"
QUICK = f"""
    location / {{ proxy_pass @BACKEND@; }}
    location /gold/ {{ set $note $is_gold; auth_require $is_gold; {expiring.BEARER} proxy_pass @BACKEND@; }}
"""


def test_rule_is_of_the_claims_that_the_refresh_of_this_request_brings(site, provider):
    site.start("", QUICK, http=OF_PLAN)
    provider.customer["plan"] = "gold"
    browser = expiring.customer(site, provider)
    provider.customer["plan"] = "iron"
    assert browser.open(site.url("/gold/x"), follow=False).status == 403 and len(provider.seen("refresh")) == 1
