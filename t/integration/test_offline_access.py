"""What brings a refresh token at the known providers: a scope that nginx -t misses, or parameters that the profile sends."""

import pytest

ASKS = {"ahead": "refresh ahead=30s;", "lazy": "refresh lazy;", "a page may ask": "refresh_uri /refresh;"}
NEED_THE_SCOPE = ["auth0", "okta", "entra", "zitadel", "fusionauth"]
MISSED = "gives a refresh token only for the scope offline_access; write scope openid"
asks = pytest.mark.parametrize("line", ASKS.values(), ids=ASKS)


def says(shop, more="", head="", profile=True, scope=True):
    """What nginx -t says of the example with these lines."""
    text = shop.text(more=more, profile=profile)
    verdict = shop.site.check(text=head + (text if scope else text.replace("scope openid", "scope offline_access openid")))
    assert verdict.ok, verdict.text
    return verdict.text


@asks
def test_missing_scope_is_warned_of_where_refresh_is_wanted(example, line):
    text = says(example("auth0"), line)
    assert MISSED in text and "offline_access; or refresh off;" in text


@pytest.mark.parametrize("name", NEED_THE_SCOPE)
def test_missing_scope_is_warned_of_where_the_access_token_is_used(example, name):
    shop = example(name)
    used = "add_header X-Token $oidc_access_token;\n"
    assert MISSED in says(shop, head=used)
    assert MISSED not in says(shop, head=used, more="refresh off;")
    assert MISSED not in says(shop, head=used, scope=False)


@pytest.mark.parametrize("name", NEED_THE_SCOPE)
def test_nothing_is_missed_where_nobody_wants_a_refresh(example, name):
    assert "offline_access" not in says(example(name))


@pytest.mark.parametrize("name", ["asgardeo", "keycloak", "cognito", "google", "apple"])
def test_scope_is_not_missed_at_a_provider_that_does_without(example, name):
    assert "offline_access" not in says(example(name), ASKS["lazy"])


def test_scope_is_not_missed_at_a_provider_that_is_not_known(example):
    assert "offline_access" not in says(example("okta"), ASKS["lazy"], profile=False)


# Google


def asked(shop, **changes):
    shop.site.start(text=shop.text(**changes))
    return shop.site.browser().open(shop.site.url("/account/"), follow=False).location_parameters


@asks
def test_google_is_asked_for_offline_access(example, line):
    parameters = asked(example("google"), more=line)
    assert (parameters["access_type"], parameters["prompt"]) == ("offline", "consent")


@pytest.mark.parametrize("more", ["", "refresh off;"], ids=["by default", "refresh off"])
def test_google_asks_nobody_for_consent_unless_a_refresh_is_wanted(example, more):
    parameters = asked(example("google"), more=more)
    assert "access_type" not in parameters and "prompt" not in parameters


def test_what_the_block_asks_google_for_holds(example):
    parameters = asked(example("google"), more='refresh lazy; extra_auth_args "prompt=select_account&access_type=$arg_type";')
    assert parameters["prompt"] == "select_account" and "access_type" not in parameters


@pytest.mark.parametrize("profile, status", [(True, 204), (False, 409)], ids=["with the profile", "without it"])
def test_google_gives_a_refresh_token_by_the_profile(example, profile, status):
    shop = example("google")
    shop.site.start(text=shop.text(profile=profile, more=ASKS["a page may ask"]))
    shop.provider.behave(id_token={"iss": shop.provider.issuer})
    assert shop.customer().fetch(shop.site.url("/refresh")).status == status
