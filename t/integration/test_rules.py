"""auth_require, optional login, and claims under names of their own."""

import pytest
from support.backend import header
from support.site import LOCATIONS, SERVER

MAPS = """
    map $oidc_claim_plan $is_gold { gold 1; default 0; }
    map $oidc_claim_plan $is_known { '' ''; default yes; }
"""


def locations(*rules):
    each = [f"location /{number}/ {{ {rule} proxy_pass @BACKEND@; }}" for number, rule in enumerate(rules)]
    return LOCATIONS + "\n".join(each)


def test_customer_with_the_claim_passes_and_one_without_does_not(site, provider):
    site.start("", locations("auth_require $is_gold;"), http=MAPS)
    provider.customer["plan"] = "gold"
    assert site.customer().open(site.url("/0/x")).status == 200
    provider.customer["plan"] = "iron"
    answer = site.customer().open(site.url("/0/x"))
    assert answer.status == 403 and "<h1>" in answer.text and "no-store" in answer.get("Cache-Control")


def test_rule_is_looked_at_after_the_login(site):
    site.start("", locations("auth_require $is_gold;"), http=MAPS)
    assert site.goes_to_provider(site.browser().open(site.url("/0/"), follow=False))
    assert site.browser().open(site.url("/0/")).status == 403


def test_login_of_a_customer_who_may_not_see_the_page_ends_on_403_and_no_loop(site, provider):
    site.start("", locations("auth_require $is_gold;"), http=MAPS)
    browser = site.browser()
    assert browser.open(site.url("/0/")).status == 403
    assert len(provider.seen("authorization")) == 1
    assert site.is_customer(browser)


CASES = {
    # claim, rules, status
    "all values": ("gold", "auth_require $is_gold $is_known;", 200),
    "one of two values is 0": ("iron", "auth_require $is_gold $is_known;", 403),
    "a value of 0 is empty": ("0", "auth_require $oidc_claim_plan;", 403),
    "a value of 00 is not": ("00", "auth_require $oidc_claim_plan;", 200),
    "an absent claim": (None, "auth_require $oidc_claim_plan;", 403),
    "another status": ("iron", "auth_require $is_gold error=404;", 404),
    "a status of 5xx": ("iron", "auth_require $is_gold error=503;", 503),
    "the first rule that fails decides": (None, "auth_require $is_known error=410; auth_require $is_gold;", 410),
    "the second rule decides": ("iron", "auth_require $is_known error=410; auth_require $is_gold error=402;", 402),
    "false": (False, "auth_require $oidc_claim_plan;", 200),
}


@pytest.mark.parametrize("claim, rules, status", CASES.values(), ids=CASES.keys())
def test_auth_require_with(site, provider, claim, rules, status):
    provider.customer["plan"] = claim
    answer = site.start("", locations(rules), http=MAPS).browser().open(site.url("/0/"))
    assert answer.status == status


ADMINS = 'map $oidc_claim_groups $is_admin { default ""; "~(^|,)admin(,|$)" 1; }'
GROUPS = {
    "the group": (["sales", "admin"], 200),
    "a group with a comma in its name": (["sales,admin"], 403),
    "a group with commas around its name": ([",admin,"], 403),
    "a group inside a group": ([["x", "admin", "y"]], 403),
}


@pytest.mark.parametrize("groups, status", GROUPS.values(), ids=GROUPS.keys())
def test_rule_for_a_list_counts(site, provider, groups, status):
    """Faked list elements: who may name a group must not be able to name two."""
    provider.customer["groups"] = groups
    answer = site.start("", locations("auth_require $is_admin;"), http=ADMINS).browser().open(site.url("/0/"))
    assert answer.status == status


def test_auth_require_with_401_is_no_basic_challenge(site):
    answer = site.start("", locations("auth_require $is_gold error=401;"), http=MAPS).customer().fetch(site.url("/0/"))
    assert answer.status == 401 and "Basic" not in (answer.get("WWW-Authenticate") or "")


def test_rules_are_inherited_and_replaced(site, provider):
    provider.customer["plan"] = "iron"
    inner = "location / { proxy_pass @BACKEND@; } location /all/ { auth_require $is_known; proxy_pass @BACKEND@; }"
    browser = site.start("auth_require $is_gold;", inner, http=MAPS).browser()
    assert browser.open(site.url("/")).status == 403
    assert browser.open(site.url("/all/")).status == 200


def test_rule_by_another_variable_works_without_a_provider(site):
    inner = "location /key/ { auth_oidc off; auth_require $http_x_key; proxy_pass @BACKEND@; }"
    site.start("", LOCATIONS + inner)
    assert site.browser().open(site.url("/key/")).status == 403
    assert site.browser().open(site.url("/key/"), headers=[("X-Key", "1")]).status == 200


def test_rule_for_some_methods(site, provider):
    inner = "location /doc/ { limit_except GET { auth_require $is_gold; } proxy_pass @BACKEND@; }"
    provider.customer["plan"] = "iron"
    browser = site.start("", LOCATIONS + inner, http=MAPS).customer()
    assert browser.open(site.url("/doc/")).status == 200
    assert browser.open(site.url("/doc/"), method="POST", body=b"").status == 403
    assert site.browser().fetch(site.url("/doc/"), method="POST", body=b"").status == 401


def test_error_page_of_the_site_dresses_a_refusal(site):
    inner = locations("auth_require $is_gold;") + "location = /sorry { auth_oidc off; internal; return 200 members-only; }"
    answer = site.start("error_page 403 /sorry;", inner, http=MAPS).customer().open(site.url("/0/"))
    assert answer.status == 403 and answer.text == "members-only"


# Optional login


def test_visitor_passes_where_login_is_optional_and_has_no_claims(site, provider):
    lines = "auth_oidc_mode optional; proxy_set_header X-State \"[$oidc_authenticated][$oidc_claim_email][$oidc_id_token]\";"
    seen = site.start(lines).browser().open(site.url("/")).json()
    assert header(seen, "X-State") == "[][][]" and header(seen, "X-Customer-Email") is None
    assert provider.seen("authorization") == []


def test_customer_is_known_where_login_is_optional(site, provider):
    inner = LOCATIONS + "location /members/ { auth_oidc_mode require; proxy_pass @BACKEND@; }"
    browser = site.start("auth_oidc_mode optional;", inner).customer("/members/")
    assert header(browser.open(site.url("/")).json(), "X-Customer-Email") == provider.customer["email"]


def test_post_and_scripts_of_visitors_pass_where_login_is_optional(site):
    browser = site.start("auth_oidc_mode optional;").browser()
    assert browser.open(site.url("/"), method="POST", body=b"a=b").json()["body"] == "a=b"
    assert browser.fetch(site.url("/")).status == 200


def test_visitor_with_a_wrong_cookie_is_a_visitor(site):
    browser = site.start("auth_oidc_mode optional;").browser()
    browser.set_cookie(site.url(), "NGX_OIDC_SESSION", "x" * 43)
    assert header(browser.open(site.url("/")).json(), "X-Customer-Email") is None


def test_rules_hold_for_visitors_too_where_login_is_optional(site):
    browser = site.start("auth_oidc_mode optional; auth_require $oidc_authenticated error=403;").browser()
    assert browser.open(site.url("/")).status == 403


def test_optional_login_does_not_need_the_provider(site, provider):
    provider.stop()
    site.start("auth_oidc_mode optional;")
    assert site.browser().open(site.url("/")).status == 200


# Claims under names of their own


CLAIMS = """
    oidc_claim_set $postal_code address postal_code;
    oidc_claim_set $deep a b c;
    oidc_claim_set $roles https://shop.example/claims/roles;
    oidc_claim_set $dotted shop.plan;
    oidc_claim_set $capital Customer-No;
    oidc_claim_set $list realm_access roles;
    oidc_claim_set $whole address;
    oidc_claim_set $nothing address nothing;
    oidc_claim_set $through email nothing;
"""


def test_claims_of_any_depth_and_spelling_get_names(site, provider):
    provider.customer.update(
        {
            "address": {"postal_code": "56203", "locality": "Höhr"},
            "a": {"b": {"c": 1}},
            "https://shop.example/claims/roles": ["buyer", "tester"],
            "shop.plan": "gold-plan",
            "Customer-No": "K-10023",
            "realm_access": {"roles": ["one", "two"]},
        }
    )
    names = ["postal_code", "deep", "roles", "dotted", "capital", "list", "nothing", "through"]
    lines = "".join(f"oidc_set_header X-{name.replace('_', '-')} ${name};" for name in names)
    lines += "oidc_set_header X-whole $whole encode=urlencode;"
    seen = site.start(lines, http=CLAIMS).browser().open(site.url("/")).json()
    found = {name: header(seen, f"X-{name.replace('_', '-')}") for name in names}
    assert found == {
        "postal_code": "56203", "deep": "1", "roles": "buyer,tester", "dotted": "gold-plan",
        "capital": "K-10023", "list": "one,two", "nothing": None, "through": None,
    }  # fmt: skip
    assert "56203" in header(seen, "X-whole") and "%C3%B6" in header(seen, "X-whole")


def test_claim_with_a_name_of_its_own_can_be_a_rule(site, provider):
    http = "oidc_claim_set $roles realm_access roles; map $roles $tester { ~(^|,)tester(,|$) 1; }"
    provider.customer["realm_access"] = {"roles": ["buyer", "tester"]}
    site.start("auth_require $tester;", http=http)
    assert site.browser().open(site.url("/")).status == 200
    provider.customer["realm_access"] = {"roles": ["buyer", "testers"]}
    assert site.browser().open(site.url("/")).status == 403


def test_claim_from_userinfo_gets_its_name_too(site, provider):
    provider.customer["address"] = {"postal_code": "56203"}
    provider.behave(id_token={"address": None})
    http = "oidc_claim_set $postal_code address postal_code;"
    lines = "oidc_set_header X-Postal-Code $postal_code;"
    base = SERVER + lines
    seen = site.start(base=base, http=http, provider="scope openid email address;").browser().open(site.url("/")).json()
    assert header(seen, "X-Postal-Code") == "56203"
