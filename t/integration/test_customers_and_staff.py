"""Customers at /, employees at /staff: two providers on one server, which share nothing."""

import pytest
from support.backend import header
from support.ports import free_port
from support.real_provider import AMARA, ZOE, RealProvider
from support.site import SCOPE, provider_block

LINES = {
    "customers": SCOPE + "logout_uri /logout; post_logout_uri /goodbye;",
    "staff": SCOPE + "redirect_uri /staff/callback; logout_uri /staff/logout; post_logout_uri /goodbye;",
}
SERVER = """
    server { @LISTEN@
        oidc_set_header X-Who $oidc_subject;
        oidc_set_header X-Provider $oidc_provider;
        location / { auth_oidc customers; proxy_pass @BACKEND@; }
        location /staff { auth_oidc staff; proxy_pass @BACKEND@; }
        location = /goodbye { auth_oidc off; proxy_pass @BACKEND@; }
    }
"""
PAGE = {"customers": "/cart", "staff": "/staff/orders"}
BOTH = [("customers", "staff"), ("staff", "customers")]


@pytest.fixture
def staff(make_provider):
    running = make_provider()
    running.customer.update(sub="employee-12", email="amara@work.example")
    return running


@pytest.fixture
def shop(site, provider, staff):
    blocks = provider_block(provider, "customers", LINES["customers"]) + provider_block(staff, "staff", LINES["staff"])
    return site.start(text=blocks + SERVER)


def known_as(answer):
    assert answer.status == 200
    return header(answer.json(), "X-Provider"), header(answer.json(), "X-Who")


def logged_in_at(site, *parts):
    browser = site.browser()
    for part in parts:
        assert browser.open(site.url(PAGE[part])).status == 200
    return browser


@pytest.fixture(scope="module")
def real_pair():
    """A port, and a certified provider for each part that knows the site there."""
    port = free_port()
    paths = {"customers": "/oidc_callback", "staff": "/staff/callback"}
    running = {part: RealProvider([f"http://localhost:{port}{path}"]) for part, path in paths.items()}
    yield port, running
    for one in running.values():
        one.stop()


def test_each_part_of_the_site_logs_in_at_its_own_provider(make_site, real_pair, secrets):
    port, providers = real_pair
    for one in providers.values():
        one.know(secrets)
    site = make_site(providers["customers"], port=port)
    who = {"customers": "zoe", "staff": "amara"}
    blocks = [
        provider_block(one, part, LINES[part] + f'extra_auth_args "login_hint={who[part]}";')
        for part, one in providers.items()
    ]
    site.start(text="".join(blocks) + SERVER)
    browser = site.browser()
    assert known_as(browser.open(site.url("/cart"))) == ("customers", ZOE["sub"])
    answer = browser.open(site.url("/staff/orders"))
    assert known_as(answer) == ("staff", AMARA["sub"])
    assert answer.history[0].location_parameters["redirect_uri"] == site.url("/staff/callback")
    assert known_as(browser.open(site.url("/cart"))) == ("customers", ZOE["sub"])


LOGOUT = {"customers": "/logout", "staff": "/staff/logout"}


@pytest.mark.parametrize("here, there", BOTH)
def test_logout_of_one_part_leaves_the_other_logged_in(shop, provider, staff, here, there):
    browser = logged_in_at(shop, here, there)
    answer = browser.open(shop.url(LOGOUT[here]), follow=False, initiator=shop.url("/"))
    assert answer.location.startswith({"customers": provider, "staff": staff}[here].issuer + "/logout?")
    assert shop.is_customer(browser, PAGE[there]) and not shop.is_customer(browser, PAGE[here])


def test_logins_of_both_parts_in_two_tabs_both_end(shop, provider, staff):
    browser = shop.browser()
    begun = {part: browser.open(shop.url(PAGE[part]), follow=False) for part in PAGE}
    back = {part: browser.open(answer.location, follow=False).location for part, answer in begun.items()}
    for part in ("staff", "customers"):
        answer = shop.come_back(browser, back[part], follow=True)
        assert known_as(answer)[0] == part and answer.json()["target"] == PAGE[part]


@pytest.mark.parametrize("here, there", BOTH)
def test_response_brought_to_the_callback_of_the_other_part_spends_no_code(shop, provider, staff, here, there):
    paths = {"customers": "/oidc_callback", "staff": "/staff/callback"}
    browser = shop.browser()
    begun = browser.open(shop.url(PAGE[here]), follow=False)
    back = browser.open(begun.location, follow=False).location
    answer = browser.open(back.replace(paths[here], paths[there]), follow=False)
    assert answer.status == 400 and provider.seen("token") == staff.seen("token") == []
    assert "the state belongs to a login of another place" in shop.nginx.log()
