"""Which ID tokens are taken (OIDC Core 3.1.3.7) and which end on an error page without a session."""

import time

import pytest
from support import tokens
from support.backend import header

NOW = time.time()
LONG_AGO, LATER = int(NOW) - 7200, int(NOW) + 7200
FIRST, SECOND = tokens.SigningKey(kid="key-1"), tokens.SigningKey(kid="key-2", number=1)
CURVE = tokens.SigningKey("ES256", kid="key-1")
HS256_BY_KEY = tokens.hmac_signed(FIRST.public_pem(), kid="key-1")

WRONG = {
    "alg none": {"forge": tokens.unsigned},
    "alg none and still a signature": {"id_token_header": {"alg": "none"}},
    "HS256 with the public key as secret": {"forge": HS256_BY_KEY},
    "bad signature": {"forge": tokens.bad_signature},
    "no signature": {"forge": lambda token: token.rpartition(".")[0] + "."},
    "a signature cut short": {"forge": lambda token: token[:-8]},
    "two parts": {"forge": lambda token: token.rpartition(".")[0]},
    "four parts": {"forge": lambda token: token + ".x"},
    "no token at all": {"token_response": {"id_token": None}},
    "an empty token": {"forge": lambda token: ""},
    "garbage": {"forge": lambda token: "garbage"},
    "another alg than the key's": {"id_token_header": {"alg": "ES256"}},
    "an alg in lower case": {"id_token_header": {"alg": "rs256"}},
    "no alg": {"id_token_header": {"alg": None}},
    "unknown kid": {"id_token_header": {"kid": "nobody's"}},
    "critical header that is not understood": {"id_token_header": {"crit": ["exp"]}},
    "claims that are no object": {"forge": lambda token: tokens.serialize({"alg": "RS256"}, [1], FIRST.sign)},
    "another issuer": {"id_token": {"iss": "https://other.example"}},
    "issuer with a slash added": {"id_token": {"iss": "@ISSUER@/"}},
    "issuer that is no string": {"id_token": {"iss": ["@ISSUER@"]}},
    "no iss": {"id_token": {"iss": None}},
    "no sub": {"id_token": {"sub": None}},
    "empty sub": {"id_token": {"sub": ""}},
    "sub that is no string": {"id_token": {"sub": 4711}},
    "another audience": {"id_token": {"aud": "other"}},
    "audience that begins like ours": {"id_token": {"aud": "shop2"}},
    "no aud": {"id_token": {"aud": None}},
    "an empty list of audiences": {"id_token": {"aud": []}},
    "a list of other audiences": {"id_token": {"aud": ["other", "more"]}},
    "another azp": {"id_token": {"azp": "other"}},
    "expired": {"id_token": {"exp": LONG_AGO}},
    "no exp": {"id_token": {"exp": None}},
    "exp that is no number": {"id_token": {"exp": str(LATER)}},
    "iat in the future": {"id_token": {"iat": LATER}},
    "no iat": {"id_token": {"iat": None}},
    "nbf in the future": {"id_token": {"nbf": LATER}},
    "another nonce": {"id_token": {"nonce": "n" * 43}},
    "no nonce": {"id_token": {"nonce": None}},
    "another at_hash": {"id_token": {"at_hash": "x" * 22}},
}


def fill_in(value, issuer):
    """The issuer's address is known only when it runs."""
    if isinstance(value, str):
        return value.replace("@ISSUER@", issuer)
    if isinstance(value, list):
        return [fill_in(one, issuer) for one in value]
    return {key: fill_in(one, issuer) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("orders", WRONG.values(), ids=WRONG.keys())
def test_login_is_refused_for_an_id_token_with(site, provider, orders):
    provider.behave(**fill_in(orders, provider.issuer))
    browser = site.start().browser()
    answer = browser.open(site.url("/"))
    assert answer.status == 502 and "text/html" in answer.get("Content-Type")
    assert len(provider.seen("token")) == 1
    assert "NGX_OIDC_SESSION" not in browser.cookies(site.url())
    assert not site.is_customer(browser)
    assert 'ciam: provider "shop": ' in site.nginx.log()


def test_refused_callback_stays_refused_when_it_is_repeated(site, provider):
    provider.behave(forge=tokens.bad_signature)
    browser = site.start().browser()
    callback = site.begin(browser)
    provider_answers = [site.come_back(browser, callback).status for _ in range(2)]
    assert provider_answers[0] == 502 and provider_answers[1] in (400, 502)
    assert not site.is_customer(browser)


@pytest.mark.parametrize("algorithm", tokens.ALGORITHMS)
def test_login_works_with_a_token_signed_by(site, provider, algorithm):
    provider.use_key(tokens.SigningKey(algorithm, number=1))
    site.start(provider=f"scope openid email; id_token_alg {algorithm};").customer()


@pytest.mark.parametrize("algorithm", tokens.ALGORITHMS)
def test_bad_signature_is_refused_for(site, provider, algorithm):
    provider.use_key(tokens.SigningKey(algorithm, number=1))
    provider.behave(forge=tokens.bad_signature)
    site.start(provider=f"scope openid email; id_token_alg {algorithm};")
    assert site.browser().open(site.url("/")).status == 502


RIGHT = {
    "aud as a list": {"id_token": {"aud": ["shop"]}},
    "several audiences and our azp": {"id_token": {"aud": ["shop", "api"], "azp": "shop"}},
    "no at_hash": {"id_token": {"at_hash": None}},
    "no kid, one key": {"id_token_header": {"kid": None}},
    "no typ": {"id_token_header": {"typ": None}},
    "times with a fraction": {"id_token": {"exp": NOW + 600.5, "iat": NOW}},
    "claims that nobody knows": {"id_token": {"https://x.example/y": {"a": [1, None, {"b": True}]}}},
    "no expires_in beside it": {"token_response": {"expires_in": None}},
    "a token type in another case": {"token_response": {"token_type": "bEaReR"}},
    "more members beside it": {"token_response": {"refresh_token": "r" * 20, "surprise": {}}},
}


@pytest.mark.parametrize("orders", RIGHT.values(), ids=RIGHT.keys())
def test_login_works_with(site, provider, orders):
    provider.behave(**orders)
    site.start().customer()


def test_login_works_with_clocks_that_differ_by_half_a_minute(site, provider):
    now = int(time.time())
    provider.behave(id_token={"exp": now - 20, "iat": now + 20})
    site.start().customer()


def test_clock_skew_says_by_how_much_clocks_may_differ(site, provider):
    site.start(provider="scope openid email; clock_skew 2m;")
    now = int(time.time())
    provider.behave(id_token={"exp": now - 100, "iat": now + 100})
    site.customer()
    provider.behave(id_token={"exp": now - 150})
    assert site.browser().open(site.url("/")).status == 502
    assert "clock" in site.nginx.log()


def test_token_without_kid_is_checked_by_every_key_that_fits(site, provider):
    provider.published = [SECOND, tokens.SigningKey("ES256", kid="key-3"), FIRST]
    provider.behave(id_token_header={"kid": None})
    site.start().customer()


def test_several_audiences_of_which_one_is_not_trusted_need_our_azp(site, provider):
    provider.behave(id_token={"aud": ["shop", "somebody"], "azp": "somebody"})
    assert site.start().browser().open(site.url("/")).status == 502


def test_key_of_another_type_under_the_same_kid_is_not_used(site, provider):
    provider.published = [CURVE]
    assert site.start().browser().open(site.url("/")).status == 502


def test_key_that_is_too_short_is_not_used(site, provider):
    provider.use_key(tokens.SigningKey("RSA1024"))
    assert site.start().browser().open(site.url("/")).status == 502


def test_key_of_the_provider_that_is_not_published_is_not_used(site, provider):
    provider.use_key(SECOND, publish=False)
    assert site.start().browser().open(site.url("/")).status == 502


def test_code_of_another_browser_does_not_log_in(site):
    """Its ID token holds the nonce of the browser that began."""
    site.start()
    victim, thief = site.browser(), site.browser()
    stolen = site.begin(victim)
    own = site.begin(thief)
    code = stolen.partition("code=")[2].partition("&")[0]
    own_code = own.partition("code=")[2].partition("&")[0]
    assert site.come_back(thief, own.replace(own_code, code)).status in (400, 502)
    assert not site.is_customer(thief)


def test_nonce_alone_stops_a_code_of_another_browser(site, provider):
    """As before, at a provider without PKCE."""
    site.start(provider="scope openid email; pkce off;")
    victim, thief = site.browser(), site.browser()
    stolen, own = site.begin(victim), site.begin(thief)
    code = stolen.partition("code=")[2].partition("&")[0]
    own_code = own.partition("code=")[2].partition("&")[0]
    assert site.come_back(thief, own.replace(own_code, code)).status == 502
    assert not site.is_customer(thief)


# Userinfo


def test_claims_missing_from_the_token_come_from_userinfo(site, provider):
    provider.behave(id_token={"email": None})
    seen = site.start().browser().open(site.url("/")).json()
    assert header(seen, "X-Customer-Email") == provider.customer["email"]
    assert len(provider.seen("userinfo")) == 1


def test_userinfo_is_not_asked_when_the_token_has_all_claims(site, provider):
    site.start().customer()
    assert provider.seen("userinfo") == []


def test_userinfo_off_never_asks(site, provider):
    provider.behave(id_token={"email": None})
    seen = site.start(provider="scope openid email; userinfo off;").browser().open(site.url("/")).json()
    assert header(seen, "X-Customer-Email") is None and provider.seen("userinfo") == []


def test_userinfo_on_always_asks(site, provider):
    site.start(provider="scope openid email; userinfo on;").customer()
    assert len(provider.seen("userinfo")) == 1


def test_claim_of_the_id_token_comes_before_that_of_userinfo(site, provider):
    provider.behave(userinfo_claims={"email": "other@mail.example"})
    seen = site.start(provider="scope openid email; userinfo on;").browser().open(site.url("/")).json()
    assert header(seen, "X-Customer-Email") == provider.customer["email"]


USERINFO_WRONG = {
    "of another customer": {"userinfo_claims": {"sub": "customer-1"}},
    "without sub": {"userinfo_claims": {"sub": None}},
    "that is no JSON": {"userinfo": {"body": "nonsense"}},
    "that is a list": {"userinfo": {"body": "[]"}},
    "in a status of 500": {"userinfo": {"status": 500}},
    "that is signed unasked": {"userinfo": {"content_type": "application/jwt"}},
}


@pytest.mark.parametrize("orders", USERINFO_WRONG.values(), ids=USERINFO_WRONG.keys())
def test_login_is_refused_for_userinfo(site, provider, orders):
    provider.behave(id_token={"email": None}, **orders)
    browser = site.start().browser()
    assert browser.open(site.url("/")).status == 502
    assert not site.is_customer(browser)


# The answer of the token endpoint

TOKEN_WRONG = {
    "garbage": {"token": {"body": "<html>nonsense"}},
    "a list": {"token": {"body": "[]"}},
    "nothing": {"token": {"body": ""}},
    "JSON nested without end": {"token": {"body": '{"a":' * 100_000}},
    "a member twice": {"token": {"body": '{"access_token":"a","access_token":"b","token_type":"Bearer"}'}},
    "more than anybody needs": {"token": {"body": '{"a":"' + "x" * 20_000_000 + '"}'}},
    "another token type": {"token_response": {"token_type": "DPoP"}},
    "no token type": {"token_response": {"token_type": None}},
    "no access token": {"token_response": {"access_token": None}},
    "a redirect": {"token": {"status": 302, "headers": {"Location": "/jwks"}}},
    "status 500": {"token": {"status": 500}},
    "a connection cut": {"token": {"reset": True}},
}


@pytest.mark.parametrize("orders", TOKEN_WRONG.values(), ids=TOKEN_WRONG.keys())
def test_login_is_refused_when_the_token_endpoint_answers_with(site, provider, orders):
    provider.behave(**orders)
    browser = site.start().browser()
    assert browser.open(site.url("/")).status == 502
    assert not site.is_customer(browser)


# What the provider is told


def test_token_request_holds_what_it_needs_and_nothing_of_the_browser(site, provider):
    browser = site.start().browser()
    browser.set_cookie(site.url(), "shop_basket", "full")
    browser.open(site.url("/"), headers=[("X-Of-Browser", "1"), ("User-Agent", "Of/Browser")])
    request = provider.seen("token")[0]
    assert request.method == "POST" and request.form["grant_type"] == "authorization_code"
    assert request.form["redirect_uri"] == site.url("/oidc_callback")
    assert len(request.form["code_verifier"]) >= 43
    assert request.header("Authorization").startswith("Basic ")
    assert "client_secret" not in request.form
    names = {name.lower() for name, _ in request.headers}
    assert not names & {"cookie", "x-of-browser", "referer", "sec-fetch-mode"}
    assert "Of/Browser" not in str(request.headers)


def test_secret_is_sent_in_the_body_where_only_that_is_offered(site, provider):
    provider.behave(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    site.start().customer()
    request = provider.seen("token")[0]
    assert request.form["client_secret"] == provider.client_secret
    assert request.header("Authorization") is None


def test_metadata_without_methods_means_basic(site, provider):
    provider.behave(metadata={"token_endpoint_auth_methods_supported": None})
    site.start().customer()
    assert provider.seen("token")[0].header("Authorization").startswith("Basic ")


def test_secret_with_special_characters_is_encoded_as_rfc_6749_asks(site, provider, secrets):
    provider.client_secret = "p%s:w/r+d ~ü&="
    secrets.add("client_secret", provider.client_secret)
    site.start().customer()


def test_public_client_logs_in_with_pkce_alone(site, provider):
    provider.client_secret = ""
    site.start().customer()
    request = provider.seen("token")[0]
    assert request.form["client_id"] == "shop" and request.header("Authorization") is None


def test_pkce_is_left_out_only_where_it_is_switched_off(site, provider):
    provider.behave(metadata={"code_challenge_methods_supported": None})
    site.start(provider="scope openid email; pkce off;").customer()
    assert "code_challenge" not in provider.seen("authorization")[0].query
    assert "code_verifier" not in provider.seen("token")[0].form


def test_pkce_on_is_used_although_the_metadata_does_not_list_it(site, provider):
    provider.behave(metadata={"code_challenge_methods_supported": None})
    site.start(provider="scope openid email; pkce on;").customer()
    assert provider.seen("authorization")[0].query["code_challenge_method"] == "S256"


# iss in the response (RFC 9207)


def test_iss_of_the_response_is_checked_where_it_is_there(site, provider):
    provider.behave(response={"iss": "https://other.example"})
    assert site.start().browser().open(site.url("/")).status == 502
    assert provider.seen("token") == []


def test_iss_that_is_announced_must_be_there(site, provider):
    provider.behave(metadata={"authorization_response_iss_parameter_supported": True})
    assert site.start().browser().open(site.url("/")).status == 502
    assert provider.seen("token") == []


def test_right_iss_is_taken(site, provider):
    announced = {"authorization_response_iss_parameter_supported": True}
    provider.behave(metadata=announced, response={"iss": provider.issuer})
    site.start().customer()
