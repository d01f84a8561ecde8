"""What some providers have instead of the standard's logout, and what goes with a logout where it is switched on."""

import base64
import hashlib
import re
from html import unescape
from urllib.parse import urlencode

import pytest
from support.ports import wait_until
from support.site import SCOPE

LINES = SCOPE + " logout_uri /logout;"
GOODBYE = LINES + " post_logout_uri /goodbye;"
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
"""


def log_out(site, browser=None):
    return (browser or site.customer()).click("/logout", follow=False)


# Styles


def test_auth0_is_left_where_it_announces_no_logout(site, provider):
    provider.behave(metadata={"end_session_endpoint": None})
    site.start("", LOCATIONS, provider=GOODBYE + " logout_style auth0;")
    answer = log_out(site)
    assert answer.location.startswith(provider.issuer + "/v2/logout?")
    assert answer.location_parameters == {"client_id": "shop", "returnTo": site.url("/goodbye")}
    assert site.customer().click("/logout").json()["target"] == "/goodbye"


def test_cognito_is_left_where_its_pages_are(site, provider):
    provider.behave(metadata={"end_session_endpoint": None})
    site.start("", LOCATIONS, provider=GOODBYE + " logout_style cognito;")
    answer = log_out(site)
    assert answer.location.startswith(provider.issuer + "/logout?")
    assert answer.location_parameters == {"client_id": "shop", "logout_uri": site.url("/goodbye")}
    assert site.customer().click("/logout").json()["target"] == "/goodbye"


def test_template_is_filled_in(site, provider):
    style = f'logout_style "{provider.issuer}/logout?c={{client_id}}&returnTo={{post_logout_uri}}&state={{state}}&t=7";'
    site.start("", LOCATIONS, provider=GOODBYE + style)
    asked = log_out(site).location_parameters
    assert len(asked.pop("state")) == 43
    assert asked == {"c": "shop", "returnTo": site.url("/goodbye"), "t": "7"}
    assert site.customer().click("/logout").json()["target"] == "/goodbye"


def test_nobody_is_sent_to_the_provider_with_style_none(site, provider):
    site.start("", LOCATIONS, provider=GOODBYE + " logout_style none;")
    browser = site.customer()
    assert log_out(site, browser).location == site.url("/goodbye")
    assert not site.is_customer(browser) and not provider.seen("end_session")


def test_auth0_is_left_while_its_metadata_are_not_to_be_had(site, provider):
    browser = site.start("", LOCATIONS, provider=GOODBYE + " logout_style auth0;").customer()
    provider.stop()
    assert log_out(site, browser).location.startswith(provider.issuer)


# Addresses that are too long


def long_claims(provider):
    provider.behave(id_token={"groups": [f"group-{number:04}" for number in range(200)]})


def test_long_hint_is_posted(site, provider):
    long_claims(provider)
    site.start("", LOCATIONS, provider=GOODBYE + " logout_token_hint on;")
    browser = site.customer()
    page = log_out(site, browser)
    assert page.status == 200 and "no-store" in page.get("Cache-Control")
    digest = base64.b64encode(hashlib.sha256(b"document.forms[0].submit()").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.get("Content-Security-Policy")
    assert "<script>document.forms[0].submit()</script>" in page.text
    assert f'<form method="post" action="{provider.issuer}/logout">' in page.text
    fields = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)}
    assert fields.pop("id_token_hint").count(".") == 2 and len(fields.pop("state")) == 43
    assert fields == {"client_id": "shop", "post_logout_redirect_uri": site.url("/goodbye")}
    assert not site.is_customer(browser)


def test_posted_logout_leads_back_to_the_page_after_it(site, provider):
    long_claims(provider)
    site.start("", LOCATIONS, provider=GOODBYE + " logout_token_hint on;")
    browser = site.customer()
    page = log_out(site, browser)
    fields = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)}
    url = provider.issuer + "/logout"
    answer = browser.click(url, method="POST", body=urlencode(fields).encode(), origin=site.origin)
    assert answer.json()["target"] == "/goodbye"
    assert all("id_token_hint" not in sent for _, sent in browser.sent)


def test_short_hint_goes_by_redirect(site):
    site.start("", LOCATIONS, provider=GOODBYE + " logout_token_hint on;")
    assert log_out(site).status == 302


# clear_site_data


def test_browser_is_told_to_clear_what_is_configured(site):
    site.start("", LOCATIONS, provider=GOODBYE + ' clear_site_data "cache" "storage";')
    browser = site.customer()
    assert browser.open(site.url("/")).get("Clear-Site-Data") is None
    assert log_out(site, browser).get("Clear-Site-Data") == '"cache", "storage"'


def test_nothing_is_cleared_by_default_nor_before_the_customer_has_agreed(site):
    site.start("", LOCATIONS, provider=GOODBYE)
    assert log_out(site).get("Clear-Site-Data") is None
    site.reload("", LOCATIONS, provider=GOODBYE + ' clear_site_data "*";')
    page = site.customer().open(site.url("/logout"), initiator="https://evil.example/")
    assert page.status == 200 and page.get("Clear-Site-Data") is None


# revoke_on_logout


REVOKE = GOODBYE + " revoke_on_logout on;"
NOT_REVOKED = "are not revoked"


@pytest.fixture
def revoking(provider):
    provider.behave(metadata={"revocation_endpoint": provider.issuer + "/revoke"})
    return provider


@pytest.mark.parametrize("kinds", [["access"], ["access", "refresh"]], ids=" and ".join)
def test_tokens_are_revoked(site, revoking, kinds):
    if kinds == ["access"]:
        revoking.behave(token_response={"refresh_token": None})
    site.start("", LOCATIONS, provider=REVOKE)
    browser = site.customer()
    given = {"access": list(revoking.access_tokens), "refresh": list(revoking.refresh_tokens)}
    assert log_out(site, browser).status == 302
    wait_until(lambda: len(revoking.seen("revocation")) == len(kinds), "the revocation")
    forms = [tuple(sorted(seen.form.items())) for seen in revoking.seen("revocation")]
    expected = [(("token", given[kind][0]), ("token_type_hint", f"{kind}_token")) for kind in kinds]
    assert sorted(forms) == sorted(expected)
    wait_until(lambda: not revoking.access_tokens, "the end of the token")
    assert NOT_REVOKED not in site.nginx.log()


def test_nothing_is_revoked_by_default(site, revoking):
    site.start("", LOCATIONS, provider=GOODBYE)
    log_out(site)
    log_out(site)
    assert not revoking.seen("revocation")


def test_customer_does_not_wait_for_the_revocation(site, revoking, held):
    site.start("", LOCATIONS, provider=REVOKE)
    browser = site.customer()
    go_on = held("revocation")
    assert log_out(site, browser).status == 302
    assert site.customer()  # by the same worker
    go_on.set()


def test_revocation_is_not_lost_in_a_reload(site, revoking, held):
    site.start("", LOCATIONS, provider=REVOKE)
    browser = site.customer()
    (token,) = revoking.access_tokens
    go_on = held("revocation")
    assert log_out(site, browser).status == 302
    site.reload("", LOCATIONS, provider=REVOKE, wait_for_old=False)
    go_on.set()
    wait_until(lambda: token not in revoking.access_tokens, "the end of the token")


FAILURES = {
    "HTTP status 503": {"revocation": {"status": 503}},
    "HTTP status 400": {"revocation": {"status": 400, "body": '{"error": "unsupported_token_type"}'}},
    "closed the connection": {"revocation": {"reset": True}},
    "no revocation_endpoint": {"metadata": {"revocation_endpoint": None}},
}


@pytest.mark.parametrize("words, orders", FAILURES.items(), ids=FAILURES.keys())
def test_token_that_could_not_be_revoked_is_logged(site, revoking, words, orders):
    revoking.behave(**orders)
    site.start("", LOCATIONS, provider=REVOKE)
    assert log_out(site).status == 302
    wait_until(lambda: NOT_REVOKED in site.nginx.log(), "the log line")
    assert words in site.nginx.log()


def test_provider_that_is_away_hinders_no_logout(site, revoking):
    browser = site.start("", LOCATIONS, provider=REVOKE).customer()
    revoking.stop()
    assert log_out(site, browser).status == 302
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())
