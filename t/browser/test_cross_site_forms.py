"""Forms that other sites post here, in a real browser: what it does with SameSite cookies is what counts."""

import sys
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from conftest import SCREEN, SCREENSHOTS, chromium
from demo import ROOT
from visitor import ZOE, Visitor

sys.path.insert(0, str(ROOT / "t"))

from support.backend import Backend  # noqa: E402
from support.known_secrets import KnownSecrets  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.real_provider import RealProvider  # noqa: E402
from support.site import SCOPE, Site  # noqa: E402

LINES = SCOPE + "response_mode form_post; initiate_login_uri /start;"
DEEP_LINK = "/account?from=mail&q=a%20b+c%2Fd"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """On localhost, with a provider on 127.0.0.1, which is another site to a browser."""
    port, backend = free_port(), Backend()
    provider = RealProvider([f"http://localhost:{port}/oidc_callback"])
    site = Site(tmp_path_factory.mktemp("nginx"), KnownSecrets(), provider, backend, None, port=port)
    try:
        yield site.start(provider=LINES)
        assert site.nginx.complaints(site.secrets) == []
    finally:
        site.stop()
        provider.stop()
        backend.stop()


@pytest.fixture
def customer(shop):
    driver = chromium()
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREEN)
    try:
        yield Visitor(driver, SimpleNamespace(site=shop.origin, issuer=shop.provider.issuer), SCREENSHOTS)
    finally:
        driver.quit()


def log_in(customer):
    customer.open(DEEP_LINK)
    customer.log_in()
    customer.expect(DEEP_LINK)
    customer.expect_text(ZOE)


def portal_posts(customer, shop, target):
    """A page of nobody's site, and its button."""
    fields = {"iss": shop.provider.issuer, "target_link_uri": shop.url(target)}
    inputs = "".join(f"<input name='{name}' value='{value}'>" for name, value in fields.items())
    page = f"<main><form method='post' action='{shop.url('/start')}'>{inputs}<button>Shop</button></form></main>"
    customer.driver.get("data:text/html," + quote(page))
    customer.click("Shop")


def test_login_by_a_form_returns_to_the_deep_link_and_its_cookies_are_lax(customer, shop):
    log_in(customer)
    cookies = {cookie["name"]: cookie for cookie in customer.driver.get_cookies()}
    assert {cookie["sameSite"] for cookie in cookies.values()} == {"Lax"}
    assert shop.session_cookie in cookies
    assert "POST /oidc_callback 200" in (shop.nginx.prefix / "access.log").read_text()  # it was posted again


def test_back_button_after_a_login_by_a_form_leads_round_no_circle(customer):
    customer.open("/open/")
    log_in(customer)
    customer.driver.back()
    customer.driver.execute_script("history.forward()")  # the driver's own waits for a page that may lead on at once
    customer.expect(DEEP_LINK)
    customer.expect_text(ZOE)


def test_login_by_a_form_works_where_no_scripts_run(customer, shop):
    customer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    customer.open(DEEP_LINK)
    customer.log_in()
    customer.click("Continue")  # the provider's page
    customer.wait_until(lambda: customer.title == "One moment, please", "expected the page of this site")
    customer.screenshot("20-posted-again")
    customer.click("Go on")
    customer.expect(DEEP_LINK)
    customer.expect_text(ZOE)


def test_login_that_a_portal_starts_by_a_form_leads_to_its_page(customer, shop):
    portal_posts(customer, shop, "/offers?x=1")
    customer.log_in()
    customer.expect("/offers?x=1")
    customer.expect_text(ZOE)


def test_customer_stays_logged_in_when_a_portal_starts_a_login(customer, shop):
    log_in(customer)
    before = customer.driver.get_cookies()
    portal_posts(customer, shop, "/offers?x=2")
    customer.expect("/offers?x=2")
    assert sorted(map(str, customer.driver.get_cookies())) == sorted(map(str, before))
