"""Which signatures and encryptions of ID tokens and of userinfo are taken (id_token_alg, id_token_decrypt_key)."""

import pytest
from support import encryption, tokens
from support.backend import header
from support.encryption import encrypt, key_of_client_secret
from support.key_files import private_keys, write_private
from support.certificates import pem_key
from support.real_provider import RealProvider
from support.site import SCOPE

LONG_SECRET = "a secret of the tests of more than 64 characters, as HS512 needs it for its key"
RSA, EC, X25519 = (private_keys()[name] for name in ("rsa.key", "ec.key", "x25519.key"))


@pytest.fixture
def decrypts(tmp_path):
    """The line for this private key."""

    def line(key):
        return f"{SCOPE} id_token_decrypt_key {write_private(tmp_path / 'decrypt.key', pem_key(key))};"

    return line


def assert_no_login(site, *words):
    browser = site.browser()
    assert browser.open(site.url("/")).status == 502
    assert not site.is_customer(browser)
    for word in words:
        assert word in site.nginx.log()


# id_token_alg


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])
def test_without_a_list_these_are_taken(site, provider, algorithm):
    provider.use_key(tokens.SigningKey(algorithm, number=1))
    site.start().customer()


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS384", "PS512", "ES512"])
def test_without_a_list_these_are_refused(site, provider, algorithm):
    provider.use_key(tokens.SigningKey(algorithm, number=1))
    site.start()
    assert_no_login(site, algorithm, "id_token_alg")


def test_list_leaves_out_what_it_does_not_name(site, provider):
    site.start(provider=f"{SCOPE} id_token_alg ES256 PS256;")
    assert_no_login(site, "RS256", "id_token_alg")


def with_secret(provider, secrets):
    provider.client_secret = LONG_SECRET
    secrets.add("client_secret", LONG_SECRET)
    return LONG_SECRET.encode()


def test_hmac_by_the_client_secret_is_taken_where_it_is_listed(site, provider, secrets):
    provider.behave(forge=tokens.hmac_signed(with_secret(provider, secrets)))
    site.start(provider=f"{SCOPE} id_token_alg HS256;").customer()


def test_hmac_by_the_client_secret_is_refused_where_it_is_not_listed(site, provider, secrets):
    provider.behave(forge=tokens.hmac_signed(with_secret(provider, secrets)))
    site.start()
    assert_no_login(site, "HS256", "id_token_alg")


@pytest.mark.parametrize("key", [tokens.SigningKey().public_pem(), b"", b"another"], ids=["public key", "empty", "other"])
def test_hmac_by_anything_else_is_refused(site, provider, secrets, key):
    with_secret(provider, secrets)
    provider.behave(forge=tokens.hmac_signed(key, kid="key-1"))
    site.start(provider=f"{SCOPE} id_token_alg HS256 RS256;")
    assert_no_login(site, "client_secret")


# id_token_decrypt_key

FITTING = [("RSA-OAEP", RSA), ("RSA-OAEP-256", RSA), *((alg, EC) for alg in encryption.WRAP_BYTES), ("ECDH-ES", X25519)]


@pytest.mark.parametrize("alg, key", FITTING, ids=[f"{alg}-{type(key).__name__[1:3]}" for alg, key in FITTING])
@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_encrypted_id_token_is_taken(site, provider, decrypts, alg, key, enc):
    provider.behave(forge=lambda token: encrypt(token, key.public_key(), alg, enc))
    site.start(provider=decrypts(key)).customer()


@pytest.mark.parametrize("alg, key", FITTING, ids=[f"{alg}-{type(key).__name__[1:3]}" for alg, key in FITTING])
def test_key_set_has_a_key_for_each_alg_as_keycloak_wants_it(site, provider, decrypts, alg, key):
    def sealed_to_published_key(token):
        keys = site.browser().fetch(site.url("/jwks")).json()["keys"]
        assert len({one["kid"] for one in keys}) == len(keys)
        (jwk,) = [one for one in keys if one["use"] == "enc" and one.get("alg") == alg]
        return encrypt(token, encryption.key_of(jwk), alg, kid=jwk["kid"])

    provider.behave(forge=sealed_to_published_key)
    site.start("location = /jwks { auth_oidc off; oidc_jwks; }", provider=decrypts(key)).customer()


@pytest.mark.parametrize("enc", encryption.KEY_BYTES)
def test_id_token_that_is_encrypted_by_the_client_secret_is_taken(site, provider, secrets, enc):
    with_secret(provider, secrets)
    provider.behave(forge=lambda token: encrypt(token, key_of_client_secret(LONG_SECRET, enc), "dir", enc))
    site.start(provider=f"{SCOPE} id_token_decrypt_key client_secret;").customer()


def changed_part(number):
    """Another last byte in this part."""

    def change(token):
        parts = token.split(".")
        raw = bytearray(tokens.from_base64url(parts[number]))
        raw[-1] ^= 1
        parts[number] = tokens.base64url(bytes(raw))
        return ".".join(parts)

    return change


def cut_part(number):
    def cut(token):
        parts = token.split(".")
        parts[number] = parts[number][:-8]
        return ".".join(parts)

    return cut


def sealed(token, **header):
    return encrypt(token, RSA.public_key(), **header)


OTHER = tokens.private_key("RS256", 7).public_key()
WRONG_JWE = {
    "nothing encrypted": lambda token: token,
    "a key changed": lambda token: changed_part(1)(sealed(token)),
    "an initialization vector changed": lambda token: changed_part(2)(sealed(token)),
    "a text changed": lambda token: changed_part(3)(sealed(token)),
    "a tag changed": lambda token: changed_part(4)(sealed(token)),
    "a key cut short": lambda token: cut_part(1)(sealed(token)),
    "a tag cut short": lambda token: cut_part(4)(sealed(token)),
    "encryption for somebody else": lambda token: encrypt(token, OTHER),
    "an alg for another kind of key": lambda token: encrypt(token, EC.public_key(), "ECDH-ES"),
    "compression": lambda token: sealed(token, zip="DEF"),
    "a critical header": lambda token: sealed(token, crit=["exp"]),
    "two encryptions": lambda token: sealed(sealed(token)),
    "no signature inside": lambda token: sealed(tokens.unsigned(token)),
    "a bad signature inside": lambda token: sealed(tokens.bad_signature(token)),
    "claims without a signature inside": lambda token: sealed(
        tokens.from_base64url(token.split(".")[1]).decode()
    ),
}


@pytest.mark.parametrize("forge", WRONG_JWE.values(), ids=WRONG_JWE.keys())
def test_login_is_refused_for_an_encrypted_id_token_with(site, provider, decrypts, forge):
    provider.behave(forge=forge)
    site.start(provider=decrypts(RSA))
    assert_no_login(site)


def test_what_was_wrong_inside_an_encrypted_token_is_not_told(site, provider, decrypts):
    site.start(provider=decrypts(RSA))
    lines = set()
    for name in ("a key changed", "a tag changed", "a key cut short", "encryption for somebody else"):
        provider.behave(forge=WRONG_JWE[name])
        site.browser().open(site.url("/"))
        lines |= {line.split("ciam: ")[1].split(",")[0] for line in site.nginx.log().splitlines() if "can't be dec" in line}
    assert len(lines) == 1


def test_encrypted_token_without_a_key_for_it_says_what_to_set(site, provider):
    provider.behave(forge=sealed)
    site.start()
    assert_no_login(site, "id_token_decrypt_key")


def test_backend_gets_the_signed_token_that_was_inside(site, provider, decrypts, backend):
    provider.behave(forge=sealed)
    site.start("oidc_set_header X-Token $oidc_id_token;", provider=decrypts(RSA))
    seen = site.browser().open(site.url("/")).json()
    assert tokens.claims_of(header(seen, "X-Token"))["sub"] == provider.customer["sub"]


# Userinfo (OIDC Core 5.3.2)

USERINFO = f"{SCOPE} userinfo on;"


def jwt_of(provider, key=None, **changes):
    """Makes a signed userinfo answer; None leaves a member out."""

    def make(claims):
        members = {"iss": provider.issuer, "aud": provider.client_id, **claims, **changes}
        return tokens.id_token(key or provider.signing, {name: one for name, one in members.items() if one is not None})

    return make


def test_signed_userinfo_is_taken(site, provider):
    provider.behave(id_token={"email": None}, userinfo_jwt=jwt_of(provider))
    seen = site.start(provider=USERINFO).browser().open(site.url("/")).json()
    assert header(seen, "X-Customer-Email") == provider.customer["email"]


@pytest.mark.parametrize("signed", [True, False], ids=["and signed", "alone"])
def test_encrypted_userinfo_is_taken(site, provider, decrypts, signed):
    inside = jwt_of(provider) if signed else lambda claims: tokens.json.dumps(claims)
    provider.behave(id_token={"email": None}, forge=sealed, userinfo_jwt=lambda claims: sealed(inside(claims)))
    site.start(provider=decrypts(RSA) + "userinfo on;")
    seen = site.browser().open(site.url("/")).json()
    assert header(seen, "X-Customer-Email") == provider.customer["email"]


WRONG_USERINFO = {
    "a signature of nobody": {"key": tokens.SigningKey(number=5)},
    "another issuer": {"iss": "https://other.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "other"},
    "no audience": {"aud": None},
    "another customer": {"sub": "customer-1"},
    "the nonce of an ID token": {"nonce": "n"},
}


@pytest.mark.parametrize("changes", WRONG_USERINFO.values(), ids=WRONG_USERINFO.keys())
def test_login_is_refused_for_signed_userinfo_with(site, provider, changes):
    provider.behave(userinfo_jwt=jwt_of(provider, **changes))
    site.start(provider=USERINFO)
    assert_no_login(site)


# oidc-provider


@pytest.fixture
def start_real(make_site, secrets, real_ports):
    started = []

    def start(lines, **client):
        redirect = f"http://localhost:{real_ports['http']}/oidc_callback"
        started.append(RealProvider([redirect], client=client))
        started[-1].know(secrets)
        return make_site(started[-1], port=real_ports["http"]).start(provider=f"{lines} extra_auth_args login_hint=zoe;")

    yield start
    for one in started:
        one.stop()


def jwk_for_encryption(key):
    signing = tokens.SigningKey("ES256" if key is EC else "RS256", kid="enc")
    signing.private = key
    return {**signing.jwk(), "use": "enc"}


@pytest.mark.parametrize(
    "alg, enc, key", [("RSA-OAEP-256", "A256GCM", RSA), ("ECDH-ES+A256KW", "A256CBC-HS512", EC), ("ECDH-ES", "A128GCM", EC)]
)
def test_tokens_that_a_certified_provider_encrypts_are_taken(start_real, decrypts, alg, enc, key):
    site = start_real(
        decrypts(key) + "userinfo on;",
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        userinfo_signed_response_alg="RS256",
        jwks={"keys": [jwk_for_encryption(key)]},
    )
    answer = site.browser().open(site.url("/"))
    assert answer.status == 200 and header(answer.json(), "X-Customer-Id") == "c-1001"


def test_tokens_that_a_certified_provider_signs_and_encrypts_by_the_secret_are_taken(start_real):
    site = start_real(
        f"{SCOPE} id_token_alg HS256; id_token_decrypt_key client_secret;",
        client_secret=LONG_SECRET,
        id_token_signed_response_alg="HS256",
        id_token_encrypted_response_alg="dir",
        id_token_encrypted_response_enc="A128CBC-HS256",
    )
    assert site.browser().open(site.url("/")).status == 200
