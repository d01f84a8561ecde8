"""What an authorization request asks for beside the login: resource (RFC 8707), audience, claims (OIDC Core 5.5)."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.backend import header
from support.ports import free_port
from support.real_provider import ZOE, RealProvider
from support.refusals import assert_refused
from support.site import SCOPE
from support.tokens import claims_of

API, OTHER = "https://api.example/v1", "urn:example:stock"
NAMED = """claims_parameter '{"id_token":{"email":{"essential":true},"name":null}}';"""
ESSENTIAL = """claims_parameter '{"id_token":{"acr":{"essential":true,"values":["gold","urn:silver"]}}}';"""
ANY = """claims_parameter '{"id_token":{"acr":{"essential":true}}}';"""
TOKENS = "proxy_set_header X-Access-Token $oidc_access_token; proxy_set_header X-Id-Token $oidc_id_token;"


@pytest.fixture
def make_real_site(make_site, secrets):
    started = []

    def make(server, lines, **options):
        port = free_port()
        started.append(RealProvider([f"http://localhost:{port}/oidc_callback"], **options))
        started[-1].know(secrets)
        return make_site(started[-1], port=port).start(server, provider=lines)

    yield make
    for one in started:
        one.stop()


def log_in_as_zoe(site):
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", "zoe")
    answer = browser.open(site.url("/"))
    assert answer.status == 200, site.nginx.log()[-1000:]
    return answer.json()


def asked(site, path="/"):
    """The parameters of the authorization request, in pairs."""
    answer = site.browser().open(site.url(path), follow=False)
    assert site.goes_to_provider(answer), answer.status
    return parse_qsl(urlsplit(answer.location).query)


def values_of(pairs, name):
    return [value for key, value in pairs if key == name]


# Resource


def test_access_token_of_a_certified_provider_is_for_the_resource(make_real_site):
    lines = f"scope openid; userinfo off; resource {API};"
    site = make_real_site(TOKENS, lines, resources=[API, OTHER], claims_in_id_token=True)
    assert claims_of(header(log_in_as_zoe(site), "X-Access-Token"))["aud"] == API


def test_resource_that_a_certified_provider_does_not_know_is_an_error_page(make_real_site):
    site = make_real_site("", f"scope openid; resource {OTHER};", resources=[API])
    browser = site.browser()
    browser.set_cookie(site.provider.issuer, "autologin", "zoe")
    assert browser.open(site.url("/")).status == 502
    assert "invalid_target" in site.nginx.log()


def test_every_resource_is_in_both_requests(site, provider):
    site.start(provider=SCOPE + f"resource {API} {OTHER};").customer()
    assert values_of(parse_qsl(urlsplit(provider.seen("authorization")[0].target).query), "resource") == [API, OTHER]
    assert values_of(parse_qsl(provider.seen("token")[0].body), "resource") == [API, OTHER]


def test_resource_of_one_location_is_an_error_beside_that_of_all(site, provider):
    site.start(f"auth_oidc_args resource={OTHER};", provider=SCOPE + f"resource {API};")
    assert site.browser().open(site.url("/")).status == 500
    assert "auth_oidc_args sets resource" in site.nginx.log() and provider.seen("authorization") == []


def test_resource_of_one_location_alone_is_asked_for(site, provider):
    site.start(f"auth_oidc_args resource={OTHER};").customer()
    assert provider.seen("authorization")[0].query["resource"] == OTHER
    assert "resource" not in provider.seen("token")[0].form


# Audience


def test_audience_is_asked_for_once(site, provider):
    site.start(provider=SCOPE + "audience https://api.example/?a=b&c;").customer()
    assert provider.seen("authorization")[0].query["audience"] == "https://api.example/?a=b&c"
    assert "audience" not in provider.seen("token")[0].form


def test_location_has_its_own_audience_and_claims_instead(site):
    named = "'claims={\"userinfo\":{\"phone_number\":null}}'"
    site.start(f"auth_oidc_args audience=theirs {named};", provider=SCOPE + "audience ours;" + NAMED)
    pairs = asked(site)
    assert values_of(pairs, "audience") == ["theirs"]
    assert values_of(pairs, "claims") == ['{"userinfo":{"phone_number":null}}']


# Claims


def test_certified_provider_puts_the_claims_into_the_id_token(make_real_site):
    site = make_real_site(TOKENS, "scope openid; userinfo off;" + NAMED)
    seen = log_in_as_zoe(site)
    assert header(seen, "X-Customer-Email") == ZOE["email"]
    assert claims_of(header(seen, "X-Id-Token"))["name"] == ZOE["name"]


def test_claims_are_sent_as_they_are_written(site):
    site.start(provider=SCOPE + NAMED)
    claims = values_of(asked(site), "claims")
    assert len(claims) == 1 and json.loads(claims[0]) == {"id_token": {"email": {"essential": True}, "name": None}}


def test_claim_that_is_asked_for_by_name_needs_no_scope(site):
    missing = "does not request the scope"
    assert missing in site.check(provider="scope openid;").text
    assert missing not in site.check(provider="scope openid;" + NAMED).text


@pytest.mark.parametrize(
    "lines, acr, status",
    [
        (ESSENTIAL, "gold", 200), (ESSENTIAL, "urn:silver", 200), (ESSENTIAL, "bronze", 502), (ESSENTIAL, None, 502),
        (ESSENTIAL, "", 502), (ESSENTIAL, ["gold"], 502), (ANY, "bronze", 200), (ANY, None, 502), (ANY, "", 502),
        (NAMED, "bronze", 200), (NAMED, None, 200),
        # A wish of all logins, which claims makes a rule.
        (ANY + "extra_auth_args acr_values=gold;", None, 502), (ANY + "extra_auth_args acr_values=gold;", "bronze", 502),
        (ANY + "extra_auth_args acr_values=gold;", "gold", 200), ("extra_auth_args acr_values=gold;", None, 200),
    ],
)  # fmt: skip
def test_acr_that_is_essential_has_to_come_back(site, provider, lines, acr, status):
    provider.behave(id_token={"acr": acr})
    browser = site.start(provider=SCOPE + lines).browser()
    assert browser.open(site.url("/")).status == status
    assert status == 200 or "acr" in site.nginx.log()


def test_login_is_refused_where_the_customer_took_the_claims_out_of_the_address(site, provider):
    site.start(provider=SCOPE + ESSENTIAL)
    browser = site.browser()
    away, _, query = browser.open(site.url("/"), follow=False).location.partition("?")
    rest = "&".join(part for part in query.split("&") if not part.startswith("claims="))
    back = browser.open(f"{away}?{rest}", follow=False, initiator=site.url("/")).location
    assert "claims" not in provider.seen("authorization")[0].query
    assert site.come_back(browser, back).status == 502 and not site.is_customer(browser)


def test_claims_of_a_variable_that_are_no_claims_request_are_an_error(site, provider):
    site.start("auth_oidc_args claims=$arg_claims;")
    assert site.browser().open(site.url("/?claims=evil")).status == 500
    assert provider.seen("authorization") == []
    assert "claims holds no claims request" in site.nginx.log()


@pytest.mark.parametrize(
    "provider_line, location",
    [("extra_auth_args claims=x;", ""), ("", "auth_oidc_args claims=x;"), ("", "auth_oidc_args 'claims={\"id_token\":1}';")],
)
def test_claims_that_are_no_claims_request_are_refused_at_the_start(check, provider_line, location):
    verdict = check(provider_line, location="auth_oidc shop; " + location)
    assert_refused(verdict, "claims", "OpenID Connect Core 5.5", '{"id_token":{"email":null}}')


def test_values_of_acr_in_two_places_are_an_error(site, provider, check):
    assert_refused(check(ESSENTIAL + "extra_auth_args acr_values=gold;"), "acr_values and claims", "keep one")
    site.start("auth_oidc_args acr_values=bronze;", provider=SCOPE + ESSENTIAL)
    assert site.browser().open(site.url("/")).status == 500
    assert "acr_values and claims" in site.nginx.log() and provider.seen("authorization") == []


# Nothing twice


@pytest.mark.parametrize(
    "directive, name",
    [(f"resource {API};", "resource"), ("audience x;", "audience"), (NAMED, "claims")],
    ids=["resource", "audience", "claims"],
)
@pytest.mark.parametrize("value", ["x", "$host"])
def test_parameter_that_a_directive_sets_is_refused_in_extra_auth_args(check, directive, name, value):
    given = "%7B%22id_token%22:%7B%22a%22:null%7D%7D" if (name, value) == ("claims", "x") else value
    for lines in (f"{directive} extra_auth_args {name}={given};", f"extra_auth_args {name}={given}; {directive}"):
        assert_refused(check(lines), "extra_auth_args", name, "keep one")


@pytest.mark.parametrize("name", ["client_secret", "client_assertion", "client_assertion_type", "response_mode", "request_uri"])
def test_parameter_of_the_module_is_refused(check, name):
    assert_refused(check(f"extra_auth_args {name}=x;"), name, "sets it itself")
    assert_refused(check("", location=f"auth_oidc shop; auth_oidc_args {name}=x;"), name, "sets it itself")
