"""What one page fetches from another inside nginx needs the same login as from outside."""

import pytest
from support.backend import header
from support.fake_provider import CUSTOMER
from support.site import SCOPE, provider_block

PAGES = """
    location / { proxy_pass @BACKEND@; }
    location = /asked { @AUTH@ auth_request /secret; proxy_pass @BACKEND@; }
    location = /added { @AUTH@ addition_types *; add_after_body /secret; proxy_pass @BACKEND@; }
    location = /put-before { @AUTH@ addition_types *; add_before_body /secret; proxy_pass @BACKEND@; }
    location = /mirrored { @AUTH@ mirror /secret; proxy_pass @BACKEND@; }
    location = /included { @AUTH@ default_type text/html; ssi on; return 200 '<!--#include virtual="/secret" -->'; }
"""
WAYS = ["asked", "added", "put-before", "mirrored", "included"]
SECRET = "location = /secret { proxy_pass @BACKEND@; }"


def locations(auth="auth_oidc off;", secret=SECRET):
    return PAGES.replace("@AUTH@", auth) + secret


def secret_requests(site, backend):
    """What the backend was asked for; a mirrored request may come after the answer."""
    site.stop()
    return [seen for seen in backend.seen if seen["target"] == "/secret"]


@pytest.mark.parametrize("auth", ["auth_oidc off;", "auth_oidc_mode optional;"])
@pytest.mark.parametrize("way", WAYS)
def test_visitor_gets_nothing_of_a_protected_page_that_is(site, backend, way, auth):
    answer = site.start("", locations(auth)).browser().open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []
    assert answer.status == (401 if way == "asked" else 200)


@pytest.mark.parametrize("auth", ["", "auth_oidc off;", "auth_oidc_mode optional;"])
@pytest.mark.parametrize("way", WAYS)
def test_customer_gets_a_protected_page_that_is(site, backend, way, auth):
    browser = site.start("", locations(auth)).customer()
    assert browser.open(site.url(f"/{way}"), follow=False).status == 200
    assert len(secret_requests(site, backend)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_session_that_has_ended_opens_nothing_that_is(site, backend, way):
    site.start("", locations(), provider=SCOPE + " logout_uri /logout;")
    browser = site.customer()
    session = browser.cookies(site.url())["NGX_OIDC_SESSION"]
    browser.click("/logout", follow=False)
    browser.set_cookie(site.url(), "NGX_OIDC_SESSION", session)
    browser.open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []


@pytest.mark.parametrize("way", WAYS)
def test_page_for_which_login_is_optional_is_open_to_visitors_when_it_is(site, backend, way):
    secret = SECRET.replace("{", "{ auth_oidc_mode optional;")
    assert site.start("", locations(secret=secret)).browser().open(site.url(f"/{way}")).status == 200
    assert len(secret_requests(site, backend)) == 1


# auth_require

RULE = SECRET.replace("{", "{ auth_require $oidc_claim_role;")


@pytest.mark.parametrize("way", WAYS)
def test_rule_of_the_protected_page_holds_when_it_is(site, backend, way):
    browser = site.start("", locations("", RULE)).customer()
    answer = browser.open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []
    assert answer.status == (403 if way == "asked" else 200)


@pytest.mark.parametrize("way", WAYS)
def test_customer_whom_the_rule_lets_in_gets_the_page_that_is(site, backend, way, provider):
    provider.customer["role"] = "admin"
    assert site.start("", locations("", RULE)).customer().open(site.url(f"/{way}")).status == 200
    assert len(secret_requests(site, backend)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_rule_of_a_page_for_which_login_is_optional_holds_when_it_is(site, backend, way):
    rule = RULE.replace("{", "{ auth_oidc_mode optional;")
    site.start("", locations(secret=rule)).browser().open(site.url(f"/{way}"))
    assert secret_requests(site, backend) == []


@pytest.mark.parametrize("way", WAYS)
def test_rule_of_a_page_without_login_holds_when_it_is(site, backend, way):
    rule = SECRET.replace("{", "{ auth_oidc off; auth_require $arg_open;")
    site.start("", locations(secret=rule)).browser().open(site.url(f"/{way}"))
    assert secret_requests(site, backend) == []


@pytest.mark.parametrize("way", WAYS)
def test_rule_that_keeps_a_customer_out_holds_when_a_page_without_login_has_it(site, backend, way):
    """Such a page reads no claims, so that the rule would be asked about nobody."""
    rule = SECRET.replace("{", "{ auth_require $is_welcome;")
    known = f"map $oidc_subject $is_welcome {{ default 1; {CUSTOMER['sub']} 0; }}"
    browser = site.start("", locations("auth_oidc off;", rule), http=known).customer()
    browser.open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []


def test_variable_that_names_no_provider_opens_nothing(site, backend):
    secret = SECRET.replace("{", "{ auth_oidc $arg_none;")
    answer = site.start("", locations(secret=secret)).browser().open(site.url("/asked"))
    assert answer.status == 500 and secret_requests(site, backend) == []


# Two providers


@pytest.fixture
def two(make_site, make_provider):
    """/a of one provider, /b of another; pages of the first fetch /secret of the second."""

    def start(secret):
        first, second = make_provider(), make_provider()
        first.customer.update(sub="customer-of-one", role="admin")
        second.customer.update(sub="customer-of-two")
        site = make_site(first)
        blocks = provider_block(first, "one", SCOPE + "redirect_uri /one;")
        blocks += provider_block(second, "two", SCOPE + "redirect_uri /two;")
        pages = locations("auth_oidc one;", "location = /secret { auth_oidc two; %s proxy_pass @BACKEND@; }" % secret)
        pages += "location /a { auth_oidc one; proxy_pass @BACKEND@; }"
        pages += "location /b { auth_oidc two; proxy_pass @BACKEND@; }"
        return site.start(text=f"{blocks} server {{ @LISTEN@ oidc_set_header X-Who $oidc_subject; {pages} }}")

    return start


@pytest.mark.parametrize("way", WAYS)
def test_customer_of_one_provider_gets_no_page_of_another_that_is(two, backend, way):
    site = two("")
    answer = site.customer("/a").open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []
    assert answer.status == (401 if way == "asked" else 200)


@pytest.mark.parametrize("way", WAYS)
def test_page_of_one_provider_fetches_none_of_another_even_for_a_customer_of_both(two, backend, way):
    site = two("")
    browser = site.customer("/a")
    assert browser.open(site.url("/b")).status == 200
    answer = browser.open(site.url(f"/{way}"), follow=False)
    assert secret_requests(site, backend) == []
    assert answer.status == (403 if way == "asked" else 200)


@pytest.mark.parametrize("way", WAYS)
def test_page_of_another_provider_hears_of_no_customer_when_it_is(two, backend, way):
    site = two("auth_oidc_mode optional;")
    site.customer("/a").open(site.url(f"/{way}"))
    assert [header(seen, "X-Who") for seen in secret_requests(site, backend)] == [None]


@pytest.mark.parametrize("way", WAYS)
def test_claim_of_one_provider_fulfils_no_rule_of_another_when_the_page_is(two, backend, way):
    site = two("auth_oidc_mode optional; auth_require $oidc_claim_role;")
    site.customer("/a").open(site.url(f"/{way}"))
    assert secret_requests(site, backend) == []
