"""Bearer tokens of oidc-provider: an app that logs in by itself, and calls the site's API with what it was given."""

import hashlib
import json
import secrets as random
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support import tokens
from support.backend import header
from support.bearer import call, is_refused
from support.ports import free_port, wait_until
from support.real_provider import ZOE, RealProvider

JWT_API, OPAQUE_API = "https://api.shop.example", "https://opaque.shop.example"
APP = {"client_id": "shop-app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.shop.example/cb"],
       "grant_types": ["authorization_code"]}  # fmt: skip
SERVER = "auth_oidc shop; oidc_set_header X-Customer-Id $oidc_subject; oidc_set_header X-Email $oidc_claim_email;"
PAGES = f"""
    location /jwt/ {{ auth_oidc_bearer audience={JWT_API} scope=orders:read; proxy_pass @BACKEND@; }}
    location /opaque/ {{ auth_oidc_bearer audience={OPAQUE_API} scope=orders:read introspect cache=1s; proxy_pass @BACKEND@; }}
    location /app/ {{ auth_oidc_bearer audience=shop-app introspect; proxy_pass @BACKEND@; }}
"""


@pytest.fixture(scope="module")
def running():
    resources = {JWT_API: {"scope": "orders:read orders:write", "accessTokenFormat": "jwt", "jwt": {"sign": {"alg": "RS256"}}},
                 OPAQUE_API: {"scope": "orders:read", "accessTokenFormat": "opaque"}}  # fmt: skip
    provider = RealProvider(["http://localhost/oidc_callback"], apps=[APP], resources=resources)
    yield provider
    provider.stop()


@pytest.fixture
def api(running, make_site, secrets):
    running.know(secrets)
    return make_site(running, port=free_port()).start("", PAGES, base=SERVER)


def post(url, form):
    with urllib.request.urlopen(urllib.request.Request(url, urlencode(form).encode()), timeout=20) as answer:
        return json.loads(answer.read() or "{}")


def log_in(site, **asked):
    """The token response that an app gets (RFC 8252, RFC 7636)."""
    with urllib.request.urlopen(site.provider.issuer + "/.well-known/openid-configuration", timeout=20) as answer:
        metadata = json.load(answer)
    verifier = random.token_urlsafe(40)
    query = {"client_id": "shop-app", "response_type": "code", "redirect_uri": APP["redirect_uris"][0], "scope": "openid",
             "code_challenge_method": "S256", "code_challenge": tokens.base64url(hashlib.sha256(verifier.encode()).digest()),
             **asked}  # fmt: skip
    url = f"{metadata['authorization_endpoint']}?{urlencode(query)}"
    answer = site.browser().open(url, follow=False, headers=[("X-Autologin", "zoe")])
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"],
            "client_id": "shop-app", "code_verifier": verifier}  # fmt: skip
    given = post(metadata["token_endpoint"], form)
    for name in ("access_token", "id_token"):
        site.secrets.add(name, given[name])
    return {**metadata, **given}


@pytest.mark.parametrize("path, resource", [("/jwt/x", JWT_API), ("/opaque/x", OPAQUE_API)], ids=["jwt", "opaque"])
def test_app_calls_the_api_with_its_token(api, path, resource):
    given = log_in(api, resource=resource, scope="openid orders:read")
    seen = call(api, given["access_token"], path).json()
    assert header(seen, "X-Customer-Id") == ZOE["sub"] and header(seen, "X-Email") == ZOE["email"]


def test_token_for_one_api_opens_no_other(api):
    of_jwt = log_in(api, resource=JWT_API, scope="openid orders:read")["access_token"]
    of_opaque = log_in(api, resource=OPAQUE_API, scope="openid orders:read")["access_token"]
    for path, token in (("/opaque/", of_jwt), ("/jwt/", of_opaque), ("/app/", of_opaque), ("/app/", of_jwt)):
        assert is_refused(call(api, token, path), 401, "invalid_token")


def test_token_without_the_scope_is_not_enough(api):
    token = log_in(api, resource=JWT_API, scope="openid orders:write")["access_token"]
    assert is_refused(call(api, token, "/jwt/"), 403, "insufficient_scope")


def test_id_token_of_the_app_opens_nothing(api):
    given = log_in(api, resource=JWT_API, scope="openid orders:read")
    for path in ("/jwt/", "/opaque/", "/app/"):
        assert is_refused(call(api, given["id_token"], path), 401, "invalid_token")


def test_token_without_an_audience_is_for_its_app(api):
    given = log_in(api, scope="openid email")
    assert header(call(api, given["access_token"], "/app/").json(), "X-Customer-Id") == ZOE["sub"]
    assert is_refused(call(api, given["access_token"], "/opaque/"), 401, "invalid_token")


def test_revoked_token_is_refused_soon(api):
    given = log_in(api, resource=OPAQUE_API, scope="openid orders:read")
    assert call(api, given["access_token"], "/opaque/").status == 200
    post(given["revocation_endpoint"], {"token": given["access_token"], "client_id": "shop-app"})
    wait_until(lambda: call(api, given["access_token"], "/opaque/").status == 401, "the refusal")


def test_tokens_outlive_a_change_of_keys_that_keeps_the_old_ones(api, running):
    old = log_in(api, resource=JWT_API, scope="openid orders:read")["access_token"]
    assert call(api, old, "/jwt/").status == 200
    running.rotate(keep=True)
    new = log_in(api, resource=JWT_API, scope="openid orders:read")["access_token"]
    assert [call(api, token, "/jwt/").status for token in (new, old)] == [200, 200]
