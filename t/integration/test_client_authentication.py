"""How nginx proves to the provider which client it is, and that it shows its proof to nobody else."""

import base64
import json
import ssl

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support import client_proof, tokens
from support.backend import header
from support.certificates import Authority, pem_key
from support.client_proof import Assertions, by_certificate, by_key, by_secret, header_of
from support.key_files import private_keys, write_private
from support.ports import wait_until
from support.real_provider import RealProvider
from support.site import SCOPE, provider_block

LONG_SECRET = "a secret of the tests of more than 32 characters"


@pytest.fixture
def key_file(tmp_path):
    """Writes one of the keys; its file."""

    def write(name="ec.key"):
        return write_private(tmp_path / name, pem_key(private_keys()[name]))

    return write


def uses(provider, key="ec.key", **options):
    """The provider expects assertions by this key and has no secret of the client."""
    provider.client_secret = ""
    provider.check_client = Assertions(provider, by_key(private_keys()[key].public_key()), **options)
    return provider.check_client


def assert_refused(site, provider):
    browser = site.browser()
    assert browser.open(site.url("/")).status == 500
    assert not site.is_customer(browser)


# Assertions


@pytest.mark.parametrize("key", ["ec.key", "rsa.key", "ed.key"])
def test_client_proves_itself_by_a_signed_assertion(site, provider, key_file, key):
    check = uses(provider, key)
    site.start(provider=f"{SCOPE} client_auth private_key_jwt; client_key {key_file(key)} kid=mine;")
    site.customer()
    assert header_of(check.last)["kid"] == "mine"
    site.customer()
    assert len(check.seen_ids) == 2


def test_audience_is_the_token_endpoint_where_the_provider_wants_that(site, provider, key_file):
    uses(provider, audience=f"{provider.issuer}/token")
    site.start(provider=f"{SCOPE} client_auth private_key_jwt aud=token_endpoint; client_key {key_file()};")
    site.customer()


class AudienceOfEachEndpoint(Assertions):
    """As Glewlwyd wants it: the address that the assertion is sent to."""

    def __call__(self, seen):
        self.audience = self.provider.origin + seen.target
        return super().__call__(seen)


EACH_ENDPOINT = "par on; revoke_on_logout on; logout_uri /logout;"


def test_audience_is_each_endpoint_where_the_provider_wants_that(site, provider, key_file):
    provider.client_secret = ""
    provider.check_client = AudienceOfEachEndpoint(provider, by_key(private_keys()["ec.key"].public_key()))
    provider.behave(metadata={"pushed_authorization_request_endpoint": f"{provider.issuer}/par"})
    lines = f"{SCOPE} {EACH_ENDPOINT} client_auth private_key_jwt aud=endpoint; client_key {key_file()};"
    site.start("oidc_set_header X-Token $oidc_access_token;", provider=lines)
    browser = site.customer()
    assert site.is_customer(browser)
    assert browser.click("/logout", follow=False).status == 302
    wait_until(lambda: provider.seen("revocation") and not provider.refresh_tokens, "the revocation")
    assert provider.seen("par") and provider.seen("token")


REFUSALS = {"bare 401": {"status": 401, "body": ""}, "403 as HTML": {"status": 403, "body": "<html>", "content_type": "text/html"}}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
@pytest.mark.parametrize("endpoint", ["par", "token"])
def test_log_names_the_audience_where_an_assertion_is_turned_away(site, provider, key_file, endpoint, refusal):
    provider.behave(metadata={"pushed_authorization_request_endpoint": f"{provider.issuer}/par"}, **{endpoint: refusal})
    uses(provider)
    site.start(provider=f"{SCOPE} par on; client_auth private_key_jwt; client_key {key_file()};")
    assert site.browser().open(site.url("/")).status == 502
    assert f"turns this client away (HTTP status {refusal['status']}); check client_id" in site.nginx.log()
    assert "aud=" in site.nginx.log()


def test_assertion_by_a_key_that_the_provider_does_not_know_is_no_login(site, provider, key_file):
    provider.client_secret = ""
    provider.check_client = lambda seen: False
    site.start(provider=f"{SCOPE} client_auth private_key_jwt; client_key {key_file()};")
    assert_refused(site, provider)
    assert "invalid_client" in site.nginx.log()


@pytest.mark.parametrize("listed", tokens.EDWARDS)
def test_edwards_key_signs_by_the_name_that_is_listed(site, provider, key_file, listed):
    check = uses(provider, "ed.key")
    provider.behave(metadata={"token_endpoint_auth_signing_alg_values_supported": ["HS256", listed]})
    site.start(provider=f"{SCOPE} client_auth private_key_jwt; client_key {key_file('ed.key')};").customer()
    assert header_of(check.last)["alg"] == listed


def test_rsa_key_signs_with_the_algorithm_that_is_listed(site, provider, key_file):
    check = uses(provider, "rsa.key")
    provider.behave(metadata={"token_endpoint_auth_signing_alg_values_supported": ["HS256", "PS256"]})
    site.start(provider=f"{SCOPE} client_auth private_key_jwt; client_key {key_file('rsa.key')};").customer()
    assert header_of(check.last)["alg"] == "PS256"


def test_key_that_fits_no_listed_algorithm_is_an_error_that_says_so(site, provider, key_file):
    uses(provider)
    provider.behave(metadata={"token_endpoint_auth_signing_alg_values_supported": ["RS256"]})
    site.start(provider=f"{SCOPE} client_auth private_key_jwt; client_key {key_file()};")
    assert_refused(site, provider)
    assert provider.seen("token") == [] and "client_key" in site.nginx.log()


def test_secret_signs_an_assertion_and_stays_here(site, provider, secrets):
    provider.client_secret = LONG_SECRET
    secrets.add("client_secret", LONG_SECRET)
    provider.check_client = Assertions(provider, by_secret(LONG_SECRET))
    site.start(provider=f"{SCOPE} client_auth client_secret_jwt;").customer()
    assert LONG_SECRET not in str(provider.seen("token")[0])


# What is chosen without client_auth


def test_key_is_used_where_the_provider_lists_private_key_jwt(site, provider, key_file):
    uses(provider)
    provider.behave(metadata={"token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"]})
    site.start(provider=f"{SCOPE} client_key {key_file()};").customer()


def test_client_with_a_key_never_goes_as_a_public_one(site, provider, key_file):
    uses(provider)
    provider.behave(metadata={"token_endpoint_auth_methods_supported": ["none", "client_secret_basic"]})
    site.start(provider=f"{SCOPE} client_key {key_file()};")
    assert_refused(site, provider)
    assert provider.seen("token") == [] and "token_endpoint_auth_methods_supported" in site.nginx.log()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_method_that_is_configured_is_used_whatever_the_provider_lists(site, provider, method):
    provider.behave(metadata={"token_endpoint_auth_methods_supported": ["private_key_jwt"]})
    provider.check_client = lambda seen: True
    site.start(provider=f"{SCOPE} client_auth {method};").customer()
    request = provider.seen("token")[0]
    found = (request.header("Authorization") is not None, "client_secret" in request.form)
    assert found == (method == "client_secret_basic", method == "client_secret_post")


# Certificates (RFC 8705)


@pytest.fixture
def clients(tmp_path):
    """An authority for certificates of clients."""
    return Authority(tmp_path / "clients", title="Authority of clients")


@pytest.fixture
def mtls_provider(make_provider, authority, clients):
    """It asks for a certificate, and does without one."""
    context = authority.server_context("localhost")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(clients.file)
    return make_provider(tls=context, host="localhost")


def certificate_lines(authority, clients, name, method="tls_client_auth"):
    certificate, key = clients.issue(name)
    trust = f"ssl_trusted_certificate {authority.file};"
    return f"{SCOPE} {trust} client_auth {method}; client_certificate {certificate} {key};"


@pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])
def test_client_proves_itself_by_its_certificate(make_site, mtls_provider, authority, clients, method):
    mtls_provider.client_secret = ""
    mtls_provider.check_client = by_certificate(mtls_provider, "shop.client")
    site = make_site(mtls_provider, host="shop.example", tls=True)
    site.start(provider=certificate_lines(authority, clients, "shop.client", method)).customer()


def test_certificate_goes_to_the_endpoints_for_it(make_site, make_provider, mtls_provider, authority, clients):
    """mtls_endpoint_aliases: another address than that of browsers."""
    provider = make_provider(tls=authority.server_context("localhost"), host="localhost")
    provider.client_secret = ""
    for one in (provider, mtls_provider):
        one.codes = provider.codes
        one.access_tokens = provider.access_tokens
    mtls_provider.client_secret, mtls_provider.client_id = "", provider.client_id
    real_issuer, mtls_provider.issuer = mtls_provider.issuer, provider.issuer
    mtls_provider.check_client = by_certificate(mtls_provider, "shop.client")
    aliases = {"token_endpoint": f"{real_issuer}/token", "userinfo_endpoint": f"{real_issuer}/userinfo"}
    provider.behave(metadata={"mtls_endpoint_aliases": aliases})
    site = make_site(provider, host="shop.example", tls=True)
    site.start(provider=certificate_lines(authority, clients, "shop.client") + "userinfo on;").customer()
    assert provider.seen("token") == provider.seen("userinfo") == []
    assert mtls_provider.seen("userinfo")[0].certificate


def test_two_clients_of_one_provider_never_share_a_connection(make_site, mtls_provider, authority, clients):
    mtls_provider.client_secret = ""
    mtls_provider.check_client = lambda seen: seen.certificate is not None
    site = make_site(mtls_provider, host="shop.example", tls=True)
    text = "".join(
        provider_block(
            mtls_provider,
            name,
            certificate_lines(authority, clients, f"{name}.client")
            + f"redirect_uri /cb_{name}; cookie_name {name}; login_uri /login_{name};",
        )
        for name in ("first", "second")
    )
    mtls_provider.behave(response={"iss": mtls_provider.issuer})
    locations = "".join(f"location /{name}/ {{ auth_oidc {name}; proxy_pass @BACKEND@; }}" for name in ("first", "second"))
    site.start(text=f"{text} server {{ @LISTEN@ {locations} }}")
    for name in ("first", "second", "first", "second"):
        assert site.browser().open(site.url(f"/{name}/")).status == 200
    shown = [client_proof.common_name(seen.certificate) for seen in mtls_provider.seen("token")]
    assert shown == ["first.client", "second.client"] * 2


def test_provider_without_certificate_lines_is_shown_none(make_site, mtls_provider, authority):
    site = make_site(mtls_provider, host="shop.example", tls=True)
    site.start(provider=f"{SCOPE} ssl_trusted_certificate {authority.file};").customer()
    assert mtls_provider.seen("token")[0].certificate is None


def test_certificate_that_the_provider_does_not_take_is_named_in_the_log(make_site, make_provider, authority, clients):
    context = authority.server_context("localhost")
    # In TLS 1.3 the server says it after the handshake, and its end of the connection may come first.
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(clients.file)
    provider = make_provider(tls=context, host="localhost")
    provider.client_secret = ""
    site = make_site(provider, host="shop.example", tls=True)
    site.start(provider=certificate_lines(authority, authority, "shop.client"))
    assert site.browser().open(site.url("/")).status == 502
    assert "client_certificate" in site.nginx.log()


def test_certificate_needs_an_issuer_that_is_https(site, clients, provider):
    provider.client_secret = ""
    certificate, key = clients.issue("shop.client")
    verdict = site.check(provider=f"{SCOPE} client_auth tls_client_auth; client_certificate {certificate} {key};")
    assert not verdict.ok and "https" in verdict.text


# oidc_jwks

JWKS = "location = /jwks { auth_oidc off; oidc_jwks; } location / { proxy_pass @BACKEND@; }"


def published(site, method="GET"):
    answer = site.browser().fetch(site.url("/jwks"), method=method)
    assert answer.status == 200 and answer.get("Content-Type") == "application/jwk-set+json"
    return json.loads(answer.text)["keys"] if method == "GET" else []


def test_public_keys_are_published_and_nothing_of_the_private_ones(site, provider, key_file):
    provider.client_secret = ""
    lines = f"client_auth private_key_jwt; client_key {key_file()} kid=mine;"
    site.start("", JWKS, provider=f"{SCOPE} {lines} id_token_decrypt_key {key_file('rsa.key')};")
    keys = published(site)
    uses = [("EC", "sig", None), ("RSA", "enc", "RSA-OAEP"), ("RSA", "enc", "RSA-OAEP-256")]
    assert sorted((key["kty"], key["use"], key.get("alg")) for key in keys) == uses
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {name for key in keys for name in key}
    mine = next(key for key in keys if key["kid"] == "mine")
    numbers = private_keys()["ec.key"].public_key().public_numbers()
    assert mine["x"] == tokens.integer(numbers.x, 32) and mine["y"] == tokens.integer(numbers.y, 32)


def test_certificate_is_published_with_its_key(site, clients):
    certificate, key = clients.issue("shop.client")
    site.start("", JWKS, provider=f"{SCOPE} client_certificate {certificate} {key};")
    (published_key,) = published(site)
    der = base64.b64decode(published_key["x5c"][0])
    assert der == clients.issued.public_bytes(Encoding.DER)
    numbers = clients.issued.public_key().public_numbers()
    assert published_key["x"] == tokens.integer(numbers.x, 32) and "d" not in published_key


def test_shared_key_is_never_published(site, tmp_path):
    shared = write_private(tmp_path / "shared.jwk", b'{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw"}')
    site.start("", JWKS, provider=f"{SCOPE} id_token_decrypt_key {shared};")
    assert published(site) == []


def test_key_of_two_providers_is_published_once(site, key_file):
    block = f"client_key {key_file()}; client_auth private_key_jwt;"
    text = "".join(f"oidc_provider {name} {{ issuer @ISSUER@; client_id a; redirect_uri /{name}; {block} }}" for name in "ab")
    site.start(text=f"{text} server {{ @LISTEN@ auth_oidc a; {JWKS} }}")
    assert len(published(site)) == 1


def test_key_set_is_read_and_not_written(site):
    site.start("", JWKS)
    assert published(site) == published(site, "HEAD") == []
    assert site.browser().fetch(site.url("/jwks"), method="POST").status == 405


# oidc-provider


@pytest.fixture
def start_real(make_site, secrets, real_ports):
    started = []

    def start(client, lines):
        redirect = f"http://localhost:{real_ports['http']}/oidc_callback"
        started.append(RealProvider([redirect], client=client))
        started[-1].know(secrets)
        if client.get("token_endpoint_auth_method") == "private_key_jwt":
            started[-1].client_secret = ""
        site = make_site(started[-1], port=real_ports["http"])
        return site.start(provider=f"{SCOPE} {lines} extra_auth_args login_hint=zoe;")

    yield start
    for one in started:
        one.stop()


@pytest.mark.parametrize("algorithm, file", [("ES256", "ec.key"), ("PS256", "rsa.key"), ("EdDSA", "ed.key")])
def test_certified_provider_takes_our_assertion(start_real, key_file, algorithm, file):
    key = tokens.SigningKey(algorithm, kid="mine")
    key.private = private_keys()[file]
    client = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm,
        "jwks": {"keys": [key.jwk()]},
    }
    site = start_real(client, f"client_key {key_file(file)} kid=mine;")
    answer = site.browser().open(site.url("/"))
    assert answer.status == 200 and header(answer.json(), "X-Customer-Id") == "c-1001"


def test_certified_provider_takes_our_assertion_by_secret(start_real):
    client = {"token_endpoint_auth_method": "client_secret_jwt", "client_secret": LONG_SECRET}
    site = start_real(client, "client_auth client_secret_jwt;")
    assert site.browser().open(site.url("/")).status == 200


def test_log_names_the_secret_where_a_provider_says_unauthorized_client_to_a_wrong_one(site, provider):
    """As Glewlwyd does, where RFC 6749 section 5.2 has invalid_client."""
    provider.behave(token={"status": 403, "body": '{"error": "unauthorized_client"}'})
    assert_refused(site.start(), provider)
    assert '"unauthorized_client"; check client_id and client_secret' in site.nginx.log()
