"""Answers of a provider that are rare: they end on a page or in a session, never in a crash."""

import json
import time

import pytest
from support import tokens, wire
from support.backend import header
from support.site import SCOPE

# Bug class: an answer that asks for another kind of token leads into code that nobody asked for, with nothing in its
# hands (use_dpop_nonce to a client without DPoP).

DPOP = {
    "status": 401,
    "body": '{"error":"use_dpop_nonce"}',
    "headers": {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "n-0S6_WzA2Mj"},
}


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
@pytest.mark.parametrize("status", [400, 401])
def test_question_for_a_proof_that_we_do_not_make_ends_on_a_page(site, provider, endpoint, status):
    provider.behave(**{endpoint: {**DPOP, "status": status, "times": 1}})
    site.start(provider=SCOPE + "userinfo on;")
    workers = site.nginx.worker_pids()
    assert site.browser().open(site.url("/")).status == 502
    assert len(provider.seen(endpoint)) == 1
    assert site.is_customer(site.customer()) and site.nginx.worker_pids() == workers


# Bug class: the value of a header is read although it has none.

EMPTY = ["Retry-After", "Content-Type", "Cache-Control", "Date", "Expires", "WWW-Authenticate", "Location", "ETag"]


def with_empty_headers(status, headers, body):
    lines = "".join(f"{name}:\r\n{name}: \r\n" for name in EMPTY)
    yield f"HTTP/1.1 {status} \r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body
    yield wire.KEEP


@pytest.mark.parametrize("status", [200, 302, 401, 429, 503])
@pytest.mark.parametrize("endpoint", ["discovery", "jwks", "token", "userinfo"])
def test_headers_without_values_break_nothing_in_the_answer_of(site, provider, endpoint, status):
    # An empty type is none, so that userinfo is no JSON for sure; what matters is that nginx goes on.
    provider.behave(**{endpoint: {"wire": with_empty_headers, "status": status, "times": 1}})
    site.start(provider=SCOPE + "userinfo on;")
    workers = site.nginx.worker_pids()
    assert site.browser().open(site.url("/")).status in (200, 502, 503)
    provider.behave_well()
    deadline = time.monotonic() + 30
    while site.browser().open(site.url("/")).status != 200:
        assert time.monotonic() < deadline, "logins do not work again"
        time.sleep(0.5)
    assert site.nginx.worker_pids() == workers


# Bug class: a time after January 2038, or one of a float's size, is none or lies in the past.

FAR = {"after 2038": 2**31 + 10, "after 2106": 2**32 + 10, "in the year 9999": 253402300799, "as a real number": 4e9}


@pytest.mark.parametrize("exp", FAR.values(), ids=FAR.keys())
def test_login_lasts_with_an_id_token_that_expires(site, provider, exp):
    provider.behave(id_token={"exp": exp})
    browser = site.start().customer()
    assert site.is_customer(browser) and len(provider.seen("token")) == 1


# Bug class: a signed token whose header speaks of encryption is taken for an encrypted one, and its signature is not
# looked at (CVE-2024-33531).


@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256", ""])
def test_signature_is_checked_although_the_header_speaks_of_encryption(site, provider, enc):
    provider.behave(id_token_header={"enc": enc}, forge=tokens.bad_signature)
    browser = site.start().browser()
    assert browser.open(site.url("/")).status == 502 and not site.is_customer(browser)


# Bug class: prompt=none is answered by an error at once, and that first answer is refused as unknown.


@pytest.mark.parametrize("error", ["login_required", "interaction_required", "consent_required"])
def test_error_of_a_login_without_questions_is_told_as_what_it_is(site, provider, error):
    provider.behave(response={"code": None, "error": error})
    answer = site.start('auth_oidc_args "prompt=none";').browser().open(site.url("/"))
    assert answer.status in (403, 502) and provider.seen("token") == []
    assert error in site.nginx.log()


# Bug class: seconds and another unit are mixed up, and the documents are fetched anew for nearly each request.


def test_twenty_logins_need_the_documents_once(site, provider):
    site.start()
    for _ in range(20):
        site.customer()
    assert len(provider.seen("discovery")) == 1 and len(provider.seen("jwks")) == 1


# Bug class: a text from outside is used as a format, of the log or of a page.

FORMATS = "https://other.example/%n%s%V%p%5000d{}"


def test_text_of_the_provider_is_no_format_of_the_log(site, provider):
    provider.behave(metadata={"issuer": FORMATS})
    assert site.start().browser().open(site.url("/")).status == 502
    assert FORMATS in site.nginx.log()


# Bug class: bytes beyond ASCII are cut, doubled or refused on their way into a header.

NAMES = ["Zoë", "Ζωή", "大翔", "😀 Ärger", "a\u2028b", "\u202eeoZ", "%C3%AB", "Z\u0301"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_backend_gets_the_very_bytes_of_a_name(site, provider, name):
    provider.customer["nickname"] = name
    seen = site.start("oidc_set_header X-Name $oidc_claim_nickname;").browser().open(site.url("/")).json()
    assert header(seen, "X-Name").encode("latin-1").decode() == name


# Bug class: a key that is no use to us spoils the set that it stands in, or is taken for the right one.

UNKNOWN = [{"kty": f"AKP-{n}", "kid": f"n{n}", "alg": "ML-DSA-44", "pub": "AAAA", "use": "sig"} for n in range(60)]
CERTIFIED = {"x5c": ["AAAA"], "x5t": "AAAA", "x5t#S256": "AAAA", "x5u": "https://provider.example/x.pem"}
PRIVATE = {"d": "AAAA", "p": "AAAA", "q": "AAAA", "dp": "AAAA", "dq": "AAAA", "qi": "AAAA"}
KEY_SETS = {
    "60 keys of unknown types": lambda key: [*UNKNOWN, key],
    "certificates that nobody can read": lambda key: [{**key, **CERTIFIED}],
    "private members": lambda key: [{**key, **PRIVATE}],
    "the same kid for a key of another type": lambda key: [{**tokens.SigningKey("ES256").jwk(), "kid": key["kid"]}, key],
    "the same kid for a key of no type": lambda key: [{"kid": key["kid"]}, None, "key", key],
    "the same key twice": lambda key: [key, key],
}


@pytest.mark.parametrize("keys", KEY_SETS.values(), ids=KEY_SETS.keys())
def test_login_works_with_a_key_set_that_has(site, provider, keys):
    provider.behave(jwks={"body": json.dumps({"keys": keys(provider.signing.jwk())})})
    assert site.is_customer(site.start().customer())
    provider.behave(forge=tokens.bad_signature)
    assert site.browser().open(site.url("/")).status == 502
