"""oidc-provider tells the site of a logout, while the customer waits for its answer."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from support.browser import origin_of
from support.ports import free_port
from support.real_provider import RealProvider
from support.site import SCOPE

LINES = SCOPE + " logout_uri /logout; post_logout_uri /goodbye; backchannel_logout_uri /told; "
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
"""


@pytest.fixture
def told_site(make_site, secrets):
    started = []

    def start(lines="", client=None, **options):
        port = free_port()
        told = {"backchannel_logout_uri": f"http://localhost:{port}/told", **(client or {})}
        started.append(RealProvider([f"http://localhost:{port}/oidc_callback"], client=told, **options))
        started[-1].know(secrets)
        return make_site(started[-1], port=port).start("", LOCATIONS, provider=LINES + lines)

    yield start
    for provider in started:
        provider.stop()


def customer(site):
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", "zoe")
    assert browser.open(site.url("/")).status == 200
    return browser


def form_of(page):
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)
    action = re.search(r'action="([^"]+)"', page.text)[1]
    return unescape(action), {name: unescape(value) for name, value in fields}


def post(browser, page, action, fields):
    body = urlencode(fields).encode()
    return browser.open(action, initiator=page.url, method="POST", body=body, origin=origin_of(page.url))


def confirm(site, browser):
    """Presses the button of the provider's logout page; where the customer ends."""
    page = browser.click("/logout")
    assert "op.logoutForm" in page.text, page.status
    action, fields = form_of(page)
    return post(browser, page, action, {**fields, "logout": "yes"})


@pytest.mark.parametrize("with_sid", [True, False], ids=["by sid", "by sub"])
def test_other_browser_is_logged_out_with_the_customers(told_site, with_sid):
    """By sid: those of the same session at the provider."""
    site = told_site(client={"backchannel_logout_session_required": with_sid})
    browser, other = customer(site), customer(site)
    assert confirm(site, browser).json()["target"] == "/goodbye"
    assert not site.is_customer(browser)
    assert site.is_customer(other) == with_sid
    log = site.nginx.log()
    assert "back-channel logout is refused" not in log and "came back from a logout" not in log


def test_session_ends_that_another_site_of_the_customer_ends(told_site):
    site = told_site(client={"backchannel_logout_session_required": True})
    browser = customer(site)
    session = browser.cookies(site.url())["NGX_OIDC_SESSION"]
    browser.forget_cookies(site.url(), "NGX_OIDC_SESSION")  # the logout here ends nothing
    assert confirm(site, browser).status == 200
    browser.set_cookie(site.url(), "NGX_OIDC_SESSION", session)
    assert not site.is_customer(browser)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_token_is_taken_that_is_signed_with(told_site, algorithm):
    site = told_site(client={"id_token_signed_response_alg": algorithm})
    browser, other = customer(site), customer(site)
    assert confirm(site, browser).status == 200
    assert not site.is_customer(other)


def test_encrypted_token_is_taken(told_site, tmp_path):
    secret = "a-secret-of-the-tests-4f1c9-that-is-long-enough"
    client = {"client_secret": secret, "id_token_encrypted_response_alg": "dir", "id_token_encrypted_response_enc": "A128GCM"}
    site = told_site(" id_token_decrypt_key client_secret;", client)
    browser, other = customer(site), customer(site)
    assert confirm(site, browser).status == 200
    assert not site.is_customer(other)


def test_access_token_is_revoked_at_the_provider(told_site):
    site = told_site(" revoke_on_logout on;")
    assert confirm(site, customer(site)).json()["target"] == "/goodbye"
    assert "are not revoked" not in site.nginx.log()
