"""auth_oidc_bearer: programs and apps that bring an access token of the provider instead of a cookie."""

import re

import pytest
from support import tokens
from support.backend import header
from support.bearer import AUDIENCE, SERVER, call, claims_of, is_refused, jwt
from support.fake_provider import CUSTOMER


@pytest.fixture
def api(site):
    return site.start(base=SERVER)


def test_token_is_as_good_as_a_login(api, provider):
    token = jwt(provider)
    seen = call(api, token, "/orders?a=1").json()
    assert seen["target"] == "/orders?a=1"
    assert header(seen, "X-Customer-Id") == "of-a-token-1" and header(seen, "X-Customer-Email") == "token@mail.example"


def test_token_is_passed_on_as_it_came(api, provider):
    token = jwt(provider)
    assert header(call(api, token).json(), "Authorization") == f"Bearer {token}"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_scheme_is_known_in_any_spelling(api, provider, scheme):
    headers = [("Authorization", f"{scheme} {jwt(provider)}")]
    assert api.browser().open(api.url(), follow=False, headers=headers).status == 200


def test_request_without_a_token_is_asked_for_one(api, backend):
    answer = api.browser().fetch(api.url("/x"), follow=False)
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'Bearer realm="shop"'
    assert answer.json()["error"] == "login_required" and backend.seen == []


def test_person_is_still_sent_to_log_in(api):
    assert api.goes_to_provider(api.browser().open(api.url("/x"), follow=False))
    assert header(api.customer().open(api.url("/x")).json(), "X-Customer-Id") == CUSTOMER["sub"]


# Tokens that do not hold


def rotated(provider):
    return jwt(provider, key=tokens.SigningKey(kid="key-1", number=7))


REFUSED = {
    "garbage": lambda p: "garbage",
    "three parts of garbage": lambda p: "a.b.c",
    "signed by somebody else": rotated,
    "altered": lambda p: tokens.bad_signature(jwt(p)),
    "unsigned": lambda p: tokens.unsigned(jwt(p)),
    "HMAC by the public key": lambda p: tokens.hmac_signed(p.signing.public_pem(), typ="at+jwt")(jwt(p)),
    "HMAC by the client secret": lambda p: tokens.hmac_signed(p.client_secret.encode(), typ="at+jwt")(jwt(p)),
    "with critical parameters": lambda p: jwt(p, header={"crit": ["exp"]}),
    "expired": lambda p: jwt(p, exp=1),
    "without exp": lambda p: jwt(p, exp=None),
    "not valid yet": lambda p: jwt(p, nbf=4102444800),
    "issued in the future": lambda p: jwt(p, iat=4102444800),
    "of another issuer": lambda p: jwt(p, iss="https://evil.example"),
    "of the issuer with a slash": lambda p: jwt(p, iss=p.issuer + "/"),
    "without an issuer": lambda p: jwt(p, iss=None),
    "for another audience": lambda p: jwt(p, aud="https://other.example"),
    "for an audience with a slash": lambda p: jwt(p, aud=AUDIENCE + "/"),
    "without an audience": lambda p: jwt(p, aud=None),
    "without a subject": lambda p: jwt(p, sub=None),
    "bound to a key": lambda p: jwt(p, cnf={"jkt": "x"}),
    "typ JWT": lambda p: jwt(p, header={"typ": "JWT"}),
    "without a typ": lambda p: jwt(p, header={"typ": None}),
    "a logout token": lambda p: jwt(p, header={"typ": "logout+jwt"}),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_token_is_refused_that_is(api, provider, backend, make):
    assert is_refused(call(api, make(provider)), 401, "invalid_token")
    assert backend.seen == []


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["https://other.example", AUDIENCE]], ids=["text", "list", "two"])
def test_audience_may_be_a_text_or_a_list(api, provider, aud):
    assert call(api, jwt(provider, aud=aud)).status == 200


def test_id_token_is_no_bearer_token(api, provider):
    claims = {"iss": provider.issuer, "aud": AUDIENCE, "sub": "x", "exp": 4102444800}
    given = tokens.id_token(provider.signing, claims)
    assert is_refused(call(api, given), 401, "invalid_token")


MALFORMED = {
    "without a space": "Bearer",
    "empty": "Bearer ",
    "with a blank inside": "Bearer a b",
    "with a comma": "Bearer a,b",
    "of padding alone": "Bearer ==",
    "in quotes": 'Bearer "a"',
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_field_is_a_bad_request(api, backend, value):
    answer = api.browser().fetch(api.url(), follow=False, headers=[("Authorization", value)])
    assert is_refused(answer, 400, "invalid_request") and backend.seen == []


def test_two_fields_are_a_bad_request(api, backend):
    fields = [("Authorization", "Bearer one"), ("Authorization", "Bearer two")]
    assert api.browser().fetch(api.url(), follow=False, headers=fields).status == 400
    assert backend.seen == []


@pytest.mark.parametrize("value", ["Basic YTpi", "BearerX", "DPoP abc"])
def test_field_of_another_scheme_is_no_token(api, value):
    answer = api.browser().fetch(api.url(), follow=False, headers=[("Authorization", value)])
    assert answer.status == 401 and answer.json()["error"] == "login_required"


@pytest.mark.parametrize("part", ["query", "body", "cookie"])
def test_token_counts_in_the_field_alone(api, provider, backend, part):
    # In an address it is in the access log; no secret that is ours to keep.
    token = tokens.id_token(provider.signing, claims_of(provider), typ="at+jwt")
    path = f"/?access_token={token}" if part == "query" else "/"
    headers = [("Cookie", f"access_token={token}")] if part == "cookie" else []
    body = f"access_token={token}".encode() if part == "body" else None
    method = "POST" if body else "GET"
    answer = api.browser().fetch(api.url(path), method=method, body=body, headers=headers, follow=False)
    assert answer.status == 401 and backend.seen == []


def test_reason_is_told_and_holds_nothing_of_the_token(api, provider):
    answer = call(api, jwt(provider, exp=1, sub="secret-sub"))
    challenge = answer.get("WWW-Authenticate")
    assert re.fullmatch(r'Bearer realm="shop", error="invalid_token", error_description="[ -!#-\[\]-~]+"', challenge)
    assert "expired" in challenge and "secret-sub" not in challenge + answer.text
    assert answer.get("Cache-Control") == "no-store"
    assert "bearer token refused: access token has expired" in api.nginx.log()


# Cookie and token together


def test_token_goes_before_the_cookie(api, provider):
    browser = api.customer()
    headers = [("Authorization", f"Bearer {jwt(provider)}")]
    assert header(browser.open(api.url(), headers=headers).json(), "X-Customer-Id") == "of-a-token-1"


@pytest.mark.parametrize("value", ["Bearer garbage", "Bearer"])
def test_bad_token_is_not_mended_by_a_cookie(api, value):
    browser = api.customer()
    answer = browser.open(api.url(), follow=False, headers=[("Authorization", value)])
    assert answer.status in (400, 401) and answer.location == ""


def test_bad_token_is_refused_where_login_is_optional(site):
    site.start(base=SERVER + "auth_oidc_mode optional;")
    assert site.browser().open(site.url(), follow=False).status == 200
    assert is_refused(call(site, "garbage"), 401, "invalid_token")


def test_token_is_nothing_where_it_is_switched_off(site, provider):
    pages = "location / { proxy_pass @BACKEND@; } location /pages/ { auth_oidc_bearer off; proxy_pass @BACKEND@; }"
    site.start("", pages, base=SERVER)
    token = jwt(provider)
    assert call(site, token).status == 200
    answer = call(site, token, "/pages/")
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'OIDC realm="shop"'


def test_endpoints_of_the_module_are_for_browsers(site, provider):
    site.start(base=SERVER, provider="scope openid email; login_uri /login;")
    answer = call(site, jwt(provider), "/login")
    assert site.goes_to_provider(answer)


# What the location asks


PLACES = """
    location / { proxy_pass @BACKEND@; }
    location /two/ { auth_oidc_bearer audience=https://two.example audience=https://three.example; proxy_pass @BACKEND@; }
    location /write/ { auth_oidc_bearer audience=https://api.shop.example scope=orders:read scope=orders:write;
        proxy_pass @BACKEND@; }
"""


def test_each_location_has_its_audience_whatever_was_checked_before(site, provider):
    site.start("", PLACES, base=SERVER)
    token = jwt(provider, aud=[AUDIENCE, "https://x.example"])
    other = jwt(provider, aud="https://three.example")
    for _ in range(2):
        assert call(site, token).status == 200 and call(site, other, "/two/").status == 200
        assert is_refused(call(site, token, "/two/"), 401, "invalid_token")
        assert is_refused(call(site, other), 401, "invalid_token")


@pytest.mark.parametrize("scope", [{"scope": "orders:write orders:read"}, {"scope": ["orders:read", "orders:write"]},
                                   {"scope": None, "scp": "orders:read orders:write"}], ids=["text", "list", "scp"])  # fmt: skip
def test_scopes_are_all_there(site, provider, scope):
    site.start("", PLACES, base=SERVER)
    assert call(site, jwt(provider, **scope), "/write/").status == 200


@pytest.mark.parametrize("scope", [None, "", "orders:read", "orders:writes orders:read"])
def test_scope_that_lacks_is_named(site, provider, scope):
    site.start("", PLACES, base=SERVER)
    answer = call(site, jwt(provider, scope=scope), "/write/")
    assert is_refused(answer, 403, "insufficient_scope")
    assert 'scope="orders:read orders:write"' in answer.get("WWW-Authenticate")


def test_scopes_are_named_to_who_has_no_token(site):
    site.start("", PLACES, base=SERVER)
    answer = site.browser().fetch(site.url("/write/"), follow=False)
    assert answer.get("WWW-Authenticate") == 'Bearer realm="shop", scope="orders:read orders:write"'


def test_rules_hold_for_tokens(site, provider):
    http = "map $oidc_claim_role $admin { default 0; admin 1; }"
    site.start("auth_require $admin;", http=http, base=SERVER)
    assert call(site, jwt(provider, role="buyer")).status == 403
    assert call(site, jwt(provider, role="admin")).status == 200


def test_variables_say_what_they_say_of_a_session(site, provider):
    lines = """
        oidc_set_header X-Yes "$oidc_authenticated $oidc_provider $oidc_id_token.";
        oidc_set_header X-Groups $oidc_claim_groups;
        oidc_set_header X-City $city;
        oidc_set_header Authorization "Bearer $oidc_access_token";
    """
    site.start(lines, http="oidc_claim_set $city address city;", base=SERVER)
    token = jwt(provider, groups=["a", "b"], address={"city": "Ulm"})
    seen = call(site, token).json()
    assert header(seen, "X-Yes") == "1 shop ." and header(seen, "X-Groups") == "a,b" and header(seen, "X-City") == "Ulm"
    assert header(seen, "Authorization") == f"Bearer {token}"


def test_claim_that_could_break_a_header_is_left_out(api, provider):
    seen = call(api, jwt(provider, email="a\r\nX-Evil: 1")).json()
    assert header(seen, "X-Customer-Email") is None and header(seen, "X-Evil") is None
    assert 'the claim "email" of a bearer token' in api.nginx.log()


def test_what_a_client_writes_into_identity_headers_goes(api, provider):
    forged = [("X-Customer-Email", "forged"), ("x_customer_id", "forged")]
    seen = call(api, jwt(provider, email=None), headers=forged).json()
    assert header(seen, "X-Customer-Email") is None and header(seen, "X-Customer-Id") == "of-a-token-1"


# typ=any


@pytest.fixture
def lenient(site):
    return site.start(base=SERVER.replace(";\n    oidc", " typ=any;\n    oidc", 1))


def test_typ_any_takes_access_tokens_that_do_not_say_so(lenient, provider):
    for typ in ("JWT", None, "at+jwt"):
        assert call(lenient, jwt(provider, header={"typ": typ})).status == 200


NO_ACCESS_TOKENS = {
    "nonce": {"nonce": "n"},
    "at_hash": {"at_hash": "x"},
    "events": {"events": {}},
    "no scope": {"scope": None},
    "Keycloak's ID token": {"typ": "ID"},
    "Keycloak's refresh token": {"typ": "Refresh"},
}


@pytest.mark.parametrize("claims", NO_ACCESS_TOKENS.values(), ids=NO_ACCESS_TOKENS.keys())
def test_typ_any_takes_no_token_of_another_kind(lenient, provider, claims):
    assert is_refused(call(lenient, jwt(provider, header={"typ": "JWT"}, **claims)), 401, "invalid_token")


def test_typ_any_takes_no_logout_token(lenient, provider):
    assert is_refused(call(lenient, jwt(provider, header={"typ": "logout+jwt"})), 401, "invalid_token")
