"""What the OpenID Foundation's conformance suite looks for beside the refusal itself (see t/conformance.md): userinfo is
asked after a login that is right, and never after one that is not."""

import pytest
from support import tokens
from support.backend import header

ASKING = "scope openid email profile; userinfo on;"
FIRST = tokens.SigningKey(kid=None)
SECOND = tokens.SigningKey(kid=None, number=1)

REFUSED = {
    "invalid-iss": ({"id_token": {"iss": "https://other.example"}}, "iss of another issuer"),
    "missing-sub": ({"id_token": {"sub": None}}, "no sub"),
    "invalid-aud": ({"id_token": {"aud": "other"}}, "for another client"),
    "missing-aud": ({"id_token": {"aud": None}}, "no aud"),
    "missing-iat": ({"id_token": {"iat": None}}, "no iat"),
    "nonce-invalid": ({"id_token": {"nonce": "n" * 43}}, "nonce of another login"),
    "invalid-sig-rs256": ({"forge": tokens.bad_signature}, "none of the provider's keys made"),
    "idtoken-sig-none": ({"forge": tokens.unsigned}, 'not supported ("none")'),
}


def errors(site):
    return [line for line in site.nginx.log().splitlines() if "[error]" in line]


@pytest.mark.parametrize("orders, reason", REFUSED.values(), ids=REFUSED)
def test_nothing_is_asked_with_the_tokens_of_a_refused_login_of(site, provider, orders, reason):
    provider.behave(**orders)
    browser = site.start(provider=ASKING).browser()
    answer = browser.open(site.url("/"))
    assert answer.status == 502 and "Login is not possible at the moment" in answer.text
    assert len(provider.seen("token")) == 1 and not provider.seen("userinfo")
    assert len(errors(site)) == 1 and 'provider "shop": ' in errors(site)[0] and reason in errors(site)[0]
    assert not site.is_customer(browser)


@pytest.mark.parametrize("published", [[FIRST], [SECOND, FIRST]], ids=["single-jwks", "multiple-jwks"])
def test_login_without_kid_ends_with_userinfo(site, provider, published):
    provider.published, provider.signing = published, FIRST
    provider.behave(id_token_header={"kid": None})
    site.start(provider=ASKING).customer()
    assert len(provider.seen("userinfo")) == 1


def test_userinfo_of_somebody_else_is_refused_and_nothing_of_it_passed_on(site, provider, backend):
    provider.behave(userinfo_claims={"sub": "customer-1"})
    answer = site.start(provider=ASKING).browser().open(site.url("/"))
    assert answer.status == 502 and not backend.seen
    assert len(errors(site)) == 1 and "userinfo response has another sub than the ID token" in errors(site)[0]


def test_claim_in_a_token_of_somebody_else_is_not_taken(site, provider):
    """Aggregated claims, OIDC Core 5.6.2."""
    theirs = tokens.id_token(tokens.SigningKey(number=1), {"iss": "https://bank.example", "credit_score": "AAA"})
    sources = {"_claim_names": {"credit_score": "bank"}, "_claim_sources": {"bank": {"JWT": theirs}}}
    provider.behave(userinfo_claims=sources)
    browser = site.start("oidc_set_header X-Score $oidc_claim_credit_score;", provider=ASKING).browser()
    assert header(browser.open(site.url("/")).json(), "X-Score") is None
    assert 'the claim "credit_score" was left out by the provider' in site.nginx.log()
