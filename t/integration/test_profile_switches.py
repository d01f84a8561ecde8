"""What each profile changes: with it the provider's quirk does no harm, without it it does."""

import re

import pytest
from support import profiles
from support.examples import told
from support.logout_tokens import logout_token, tell

TOLD = "/oidc_backchannel_logout"  # as in the examples of WSO2 Identity Server and Keycloak
with_or_without = pytest.mark.parametrize("profile", [True, False], ids=["with it", "without it"])


@with_or_without
@pytest.mark.parametrize("name", ["asgardeo", "wso2is"])
def test_wso2_is_called_once_for_a_login_even_when_a_claim_is_missing(example, name, profile):
    shop = example(name).start(profile=profile)
    shop.provider.limit = 1
    del shop.provider.customer["given_name"]
    answer = shop.site.browser().open(shop.site.url("/account/"))
    assert answer.status == (200 if profile else 503)
    assert len(shop.provider.seen("userinfo")) == (0 if profile else 1)


def test_profile_keeps_nobody_from_userinfo_itself(example):
    shop = example("asgardeo")
    shop.site.start(text=shop.text().replace("$oidc_claim_family_name", "$oidc_userinfo"))
    page = shop.customer().open(shop.site.url("/account/"))
    assert page.status == 200 and len(shop.provider.seen("userinfo")) == 1


@pytest.mark.parametrize("language, shown", [("fr-CH,fr;q=0.9", "fr_FR"), ("de", "de_DE"), ("pt", "en_US")])
def test_asgardeo_is_told_the_language_with_an_underscore(example, language, shown):
    shop = example("asgardeo").start()
    answer = shop.site.browser().open(shop.site.url("/account/"), headers=[("Accept-Language", language)])
    assert answer.status == 200 and shop.provider.shown_language == shown


@pytest.mark.parametrize("name", ["cognito", "fusionauth"])
def test_own_word_for_the_language_is_in_the_example(example, name):
    shop = example(name).start()
    shop.site.browser().open(shop.site.url("/account/"), headers=[("Accept-Language", "fr-CH,fr;q=0.9")])
    assert shop.provider.shown_language == "fr"


@pytest.mark.parametrize(
    "name, claim, scope",
    [
        ("asgardeo", "groups", "groups"),
        ("wso2is", "roles", "roles"),
        ("zitadel", profiles.Zitadel.ROLES, profiles.Zitadel.ROLES),
    ],
)
@with_or_without
def test_scope_that_a_claim_needs_is_requested_or_missed(example, name, claim, scope, profile):
    shop = example(name)
    uses = f"oidc_claim_set $wanted {claim}; add_header X-Wanted $wanted;\n"
    text = uses + shop.text(profile=profile, without=r"scope [^;]+;")
    shop.site.start(text=text)
    shop.site.browser().open(shop.site.url("/account/"), follow=False)
    asked = shop.site.browser().open(shop.site.url("/account/"), follow=False).location_parameters["scope"]
    assert (scope in asked.split()) == profile
    shop.site.stop()
    verdict = shop.site.check(text=uses + shop.text(profile=profile, without=r"scope [^;]+;", more="scope openid;"))
    assert verdict.ok and (f"write scope openid {scope};" in verdict.text) == profile


@with_or_without
def test_keycloak_asks_nobody_whether_he_wants_to_log_out(example, profile):
    shop = example("keycloak").start(profile=profile)
    left = shop.log_out(shop.customer())
    assert ("Do you want to log out?" in left.text) != profile
    assert shop.provider.logged_in != profile


def test_administrator_of_keycloak_ends_a_session_by_the_line_of_the_example(example):
    shop = example("keycloak").start()
    browser = shop.customer()
    assert tell(shop.site, logout_token(shop.provider, sid=shop.provider.sid), TOLD).status == 200
    assert not shop.site.is_customer(browser, "/account/")


def test_wrong_secret_is_named_though_keycloak_calls_the_client_unauthorized(example):
    shop = example("keycloak").start()
    shop.provider.client_secret = "another one"
    assert shop.site.browser().open(shop.site.url("/account/")).status == 500
    log = shop.site.nginx.log()
    assert '"unauthorized_client"; check client_id and client_secret' in log and "authorization code grant" in log


@with_or_without
def test_okta_gets_the_id_token_that_its_logout_needs(example, profile):
    shop = example("okta").start(profile=profile)
    left = shop.log_out(shop.customer())
    assert left.status == (200 if profile else 400)
    assert shop.provider.logged_in != profile


@with_or_without
def test_auth0_is_logged_out_of_though_its_metadata_say_not_how(example, profile):
    shop = example("auth0").start(profile=profile)
    shop.log_out(shop.customer())
    assert shop.provider.logged_in != profile


@with_or_without
def test_auth0_with_the_standard_endpoint_is_left_by_it(example, profile):
    shop = example("auth0")
    shop.provider.publishes_logout = True
    shop.start(profile=profile)
    shop.log_out(shop.customer())
    assert not shop.provider.logged_in and shop.provider.seen("end_session")


@with_or_without
def test_cognito_is_left_in_its_own_way(example, profile):
    shop = example("cognito").start(profile=profile)
    left = shop.log_out(shop.customer())
    assert left.status == (200 if profile else 400)
    assert shop.provider.logged_in != profile


@with_or_without
def test_entra_ends_sessions_by_a_sid_without_issuer(example, profile):
    shop = example("entra").start(profile=profile)
    browser = shop.customer()
    answer = shop.in_frame(f"sid={shop.provider.sid}")
    assert answer.status == (200 if profile else 400)
    assert shop.site.is_customer(browser, "/account/") != profile


@pytest.mark.parametrize("name, origins", [("entra", ["127.0.0.1", "localhost"]), ("fusionauth", ["127.0.0.1"])])
def test_front_channel_logout_may_be_framed_by_the_hosts_of(example, name, origins):
    shop = example(name)
    line = "frontchannel_logout_uri /oidc_frontchannel_logout;"
    shop.start(more="" if name == "entra" else line)
    policy = shop.in_frame("").get("Content-Security-Policy")
    assert policy == "frame-ancestors " + " ".join(f"http://{host}:{shop.provider.port}" for host in origins)


@pytest.mark.parametrize("name", ["asgardeo", "wso2is"])
def test_wso2_ends_the_session_by_a_logout_token_that_has_no_typ_and_its_own_sub(example, name):
    shop = example(name).start(more="" if name == "wso2is" else f"backchannel_logout_uri {TOLD};")
    browser, other = shop.customer(), shop.customer()
    token = logout_token(shop.provider, header={"typ": None}, sub="PRIMARY/zoe", sid=shop.provider.sid)
    assert tell(shop.site, token, TOLD).status == 200
    assert not shop.site.is_customer(other, "/account/") and shop.site.is_customer(browser, "/account/")


@with_or_without
def test_entra_is_asked_for_no_userinfo_which_has_nothing_more(example, profile):
    shop = example("entra").start(profile=profile)
    del shop.provider.customer["roles"]
    page = shop.customer().open(shop.site.url("/account/"))
    assert page.status == 200
    assert len(shop.provider.seen("userinfo")) == (0 if profile else 1)


def test_groups_that_entra_only_points_to_are_missed_aloud(example):
    shop = example("entra")
    shop.provider.many_groups()
    text = shop.text().replace("$oidc_claim_roles", "$oidc_claim_groups")
    shop.site.start(text=text)
    assert told(shop.customer().open(shop.site.url("/account/")), "X-Customer-Roles") is None
    assert 'the claim "groups" was left out by the provider' in shop.site.nginx.log()
    assert not shop.provider.seen("unknown"), "nobody asks at an address that a token names"


@pytest.mark.parametrize("written", ["issuer", "config_url"])
@pytest.mark.parametrize("endpoint", ["common", "organizations", "consumers"])
def test_entra_endpoint_of_all_tenants_is_refused(example, endpoint, written):
    shop = example("entra")
    all_tenants = f"{shop.provider.origin}/{endpoint}/v2.0"
    if written == "issuer":
        shop.provider.issuer = all_tenants
    text = shop.text()
    if written == "config_url":
        text = text.replace(shop.provider.config_url, f"{all_tenants}/.well-known/openid-configuration")
    verdict = shop.site.check(text=text)
    assert not verdict.ok and "all tenants" in verdict.text and "your own tenant" in verdict.text


def test_entra_template_for_an_issuer_is_no_issuer(example):
    shop = example("entra")
    text = shop.text(profile=False).replace(
        shop.provider.config_url, f"{shop.provider.origin}/common/v2.0/.well-known/openid-configuration"
    )
    shop.site.start(text=text)
    assert shop.site.browser().open(shop.site.url("/account/")).status == 502
    assert not shop.provider.logged_in
    assert "provider metadata names the issuer" in shop.site.nginx.log()


@with_or_without
def test_google_may_leave_out_the_scheme_of_its_name(example, profile):
    shop = example("google").start(profile=profile)
    answer = shop.site.browser().open(shop.site.url("/account/"))
    assert answer.status == (200 if profile else 502)
    assert ("ID token has the iss of another issuer" in shop.site.nginx.log()) != profile


def test_google_is_taken_by_its_whole_name_as_well(example):
    shop = example("google").start()
    shop.provider.behave(id_token={"iss": shop.provider.issuer})
    shop.customer()


@pytest.mark.parametrize("name", ["accounts.google.example", "", "/127.0.0.1", "0.0.1:80"])
def test_google_is_not_taken_by_another_name(example, name):
    shop = example("google").start()
    shop.provider.behave(id_token={"iss": name})
    assert shop.site.browser().open(shop.site.url("/account/")).status == 502


DOMAINS = {
    "of the organisation": ("example.com", 200),
    "of another organisation": ("evil.example", 502),
    "of no organisation": (None, 502),
}


@pytest.mark.parametrize("domain, status", DOMAINS.values(), ids=DOMAINS.keys())
def test_google_account_has_to_be(example, domain, status):
    shop = example("google").start(more="extra_auth_args hd=example.com;")
    shop.provider.behave(id_token={**shop.provider.orders["id_token"], "hd": domain})
    answer = shop.site.browser().open(shop.site.url("/account/"))
    assert answer.status == status
    assert shop.provider.seen("authorization")[-1].query["hd"] == "example.com"
    if status != 200:
        assert "organisation (hd)" in shop.site.nginx.log()


@pytest.mark.parametrize("domain, status", [("anything.example", 200), (None, 502)])
def test_google_star_is_an_account_of_any_organisation(example, domain, status):
    shop = example("google").start(more='extra_auth_args "hd=*";')
    shop.provider.behave(id_token={**shop.provider.orders["id_token"], "hd": domain})
    assert shop.site.browser().open(shop.site.url("/account/")).status == status


def test_google_hosted_domain_is_looked_at_with_the_profile_alone(example):
    shop = example("google").start(profile=False, more="extra_auth_args hd=example.com;")
    shop.provider.behave(id_token={"hd": "evil.example"})
    shop.customer()


def test_apple_answers_by_a_form_of_another_site(example):
    shop = example("apple").start()
    browser = shop.customer()
    assert shop.provider.seen("authorization")[0].query["response_mode"] == "form_post"
    assert "user" in shop.provider.orders["response"], "the first login's form had what Apple says once"
    assert [method for method, url in browser.sent if url == shop.site.url("/oidc_callback")] == ["POST", "POST"]


def test_apple_refuses_a_login_by_query(example):
    shop = example("apple").start(more="response_mode query;")
    answer = shop.site.browser().open(shop.site.url("/account/"))
    assert answer.status == 400 and "response_mode must be form_post" in answer.text


# As Apple takes it for the scope openid alone.
PLAIN_APPLE = {"without": r"scope [^;]+;", "more": "scope openid; response_mode query;"}


def test_apple_gets_a_secret_that_nginx_has_made(example):
    shop = example("apple").start(**PLAIN_APPLE)
    shop.customer()
    shop.customer()
    secrets = {seen.form["client_secret"] for seen in shop.provider.seen("token")}
    assert len(secrets) == 2, "each call has one of its own"


WRONG_FOR_APPLE = {
    "another team": ("apple_team_id [^;]+;", "apple_team_id TEAMID0001;"),
    "another key id": ("kid=[^;]+;", "kid=KEYID00001;"),
}


@pytest.mark.parametrize("pattern, written", WRONG_FOR_APPLE.values(), ids=WRONG_FOR_APPLE.keys())
def test_apple_is_not_satisfied_by_the_secret_of(example, pattern, written):
    shop = example("apple")
    shop.site.start(text=re.sub(pattern, written, shop.text(**PLAIN_APPLE)))
    assert shop.site.browser().open(shop.site.url("/account/")).status == 500
    assert 'token request: the provider answers with the error "invalid_client"' in shop.site.nginx.log()


def test_apple_takes_a_secret_that_somebody_has_made_by_hand(example):
    shop = example("apple").start(**PLAIN_APPLE)
    shop.customer()
    by_hand = shop.provider.seen("token")[-1].form["client_secret"]
    text = re.sub(r"client_key [^;]+;\n *apple_team_id [^;]+;", f"client_secret {by_hand};", shop.text(**PLAIN_APPLE))
    shop.site.reload(text=text)
    shop.customer()
    assert shop.provider.seen("token")[-1].form["client_secret"] == by_hand


def test_apple_example_needs_its_profile(example):
    verdict = example("apple").check(profile=False)
    assert not verdict.ok and "apple_team_id" in verdict.text and "profile apple;" in verdict.text


def test_fusionauth_issuer_is_refused_without_the_profile(example):
    verdict = example("fusionauth").check(profile=False)
    assert not verdict.ok and 'issuer "acme.com" is no URL' in verdict.text and "profile fusionauth" in verdict.text


def test_free_issuer_needs_the_address_of_its_metadata(example):
    verdict = example("fusionauth").check(without=r"config_url [^;]+;")
    assert not verdict.ok and "acme.com" not in verdict.text and "config_url https://" in verdict.text


def test_fusionauth_issuer_that_is_a_url_is_taken(example):
    shop = example("fusionauth")
    shop.provider.issuer = shop.provider.origin
    shop.start().customer()


def test_issuer_in_the_metadata_that_is_no_url_is_named_in_the_log(example):
    shop = example("fusionauth")
    shop.provider.issuer = "other.example"
    text = shop.text()
    shop.provider.issuer = "acme.com"
    shop.site.start(text=text)
    assert shop.site.browser().open(shop.site.url("/account/")).status == 502
    assert 'names the issuer "acme.com", not "other.example"' in shop.site.nginx.log()
