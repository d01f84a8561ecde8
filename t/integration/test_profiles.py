"""A customer of each known provider logs in and out by the lines of its example; what a block says itself holds."""

import pytest
from support import profiles
from support.examples import told
from support.fake_provider import CUSTOMER

RAW_NAMES = {"X-Customer-First-Name": "Zoë", "X-Customer-Last-Name": "Müller-Celadon"}
WHO = {"X-Customer-Id": CUSTOMER["sub"], "X-Customer-Email": CUSTOMER["email"]}
# What the backend of each example is told.
TOLD = {
    "asgardeo": {**WHO, **RAW_NAMES},
    "wso2is": {**WHO, **RAW_NAMES, "X-Customer-Groups": "members,tasters"},
    "keycloak": {**WHO, "X-Customer-Name": "Zo%C3%AB%20M%C3%BCller-Celadon", "X-Customer-Roles": "vip,default-roles-shop"},
    "auth0": {**WHO, "X-Customer-Roles": "vip,taster"},
    "okta": {**WHO, "X-Customer-Groups": "customer-gold,customer-vip"},
    "entra": {**WHO, "X-Customer-Id": profiles.Entra.more_claims["oid"], "X-Customer-Roles": "vip"},
    "cognito": {**WHO, "X-Customer-Email-Verified": "true", "X-Customer-Groups": "members,tasters"},
    "apple": {**WHO, "X-Customer-Email-Private": "true"},
    "google": {**WHO, "X-Customer-Name": "Zo%C3%AB%20M%C3%BCller-Celadon"},
    "zitadel": {**WHO, "X-Customer-Vip": "1"},
    "fusionauth": {**WHO, "X-Customer-Roles": "vip,taster"},
}


@pytest.mark.parametrize("name", TOLD)
def test_customer_logs_in_and_out_by_the_lines_of_the_example(example, name):
    shop = example(name).start()
    browser = shop.customer()
    page = browser.open(shop.site.url("/account/"))
    assert {field: told(page, field) for field in TOLD[name]} == TOLD[name]
    assert shop.provider.logged_in
    left = shop.log_out(browser)
    assert left.status == 200 and left.url.split("?")[0] == shop.site.url("/goodbye"), f"{left.url}: {left.text}"
    assert not shop.site.is_customer(browser, "/account/")
    keeps_its_session = name in ("apple", "google")
    assert shop.provider.logged_in == keeps_its_session


# What the block says itself


@pytest.mark.parametrize("after", [False, True], ids=["before the profile", "after the profile"])
def test_line_of_the_block_wins_over_the_profile(example, after):
    shop = example("asgardeo")
    line = "userinfo on;"
    text = shop.text(more="" if after else line)
    if after:
        text = text.replace("profile asgardeo;", f"profile asgardeo; {line}")
    shop.site.start(text=text)
    shop.customer()
    assert len(shop.provider.seen("userinfo")) == 1


def test_hint_that_is_switched_off_is_off(example):
    shop = example("keycloak").start(more="logout_token_hint off;")
    assert "Do you want to log out?" in shop.log_out(shop.customer()).text


@pytest.mark.parametrize(
    "name, issuer, better",
    [
        ("auth0", "https://shop.eu.auth0.com", "https://shop.eu.auth0.com/"),
        ("asgardeo", "https://api.asgardeo.io/t/shop", "https://api.asgardeo.io/t/shop/oauth2/token"),
        ("asgardeo", "https://api.asgardeo.io/t/shop/", "https://api.asgardeo.io/t/shop/oauth2/token"),
        ("entra", "https://login.microsoftonline.com/x", "https://login.microsoftonline.com/x/v2.0"),
    ],
)
def test_issuer_that_the_provider_hardly_has_is_warned_of(example, name, issuer, better):
    shop = example(name)
    shop.provider.issuer = issuer
    verdict = shop.check()
    assert verdict.ok and f"write issuer {better};" in verdict.text
    assert "does not end" not in shop.check(profile=False).text
