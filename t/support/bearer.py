"""Access tokens of the fake provider for an API of the site, and programs that send them."""

import secrets as random
import time

from support import tokens
from support.provider_answers import changed

AUDIENCE = "https://api.shop.example"
SERVER = """
    auth_oidc shop;
    auth_oidc_bearer audience=https://api.shop.example;
    oidc_set_header X-Customer-Id $oidc_subject;
    oidc_set_header X-Customer-Email $oidc_claim_email;
"""


def claims_of(provider, **changes):
    """What an access token says (RFC 9068 section 2.2); members that are None are left out."""
    now = int(time.time())
    claims = {
        "iss": provider.issuer,
        "aud": AUDIENCE,
        "exp": now + 300,
        "iat": now,
        "jti": random.token_urlsafe(12),
        "client_id": "shop-app",
        "scope": "orders:read",
        "sub": "of-a-token-1",
        "email": "token@mail.example",
    }
    return changed(claims, changes)


def jwt(provider, key=None, header=None, **changes):
    token = tokens.id_token(key or provider.signing, claims_of(provider, **changes), **{"typ": "at+jwt", **(header or {})})
    provider.secrets.add("bearer token", token)
    return token


def opaque(provider, **changes):
    """A token that introspection knows."""
    token = random.token_urlsafe(24)
    provider.secrets.add("bearer token", token)
    provider.opaque[token] = changed({"active": True, "token_type": "Bearer", **claims_of(provider)}, changes)
    return token


def call(site, token, path="/", **request):
    """What a program gets that sends this token, and no cookie."""
    headers = [*request.pop("headers", []), ("Authorization", f"Bearer {token}"), ("Accept", "application/json")]
    return site.browser(sec_fetch=False).open(site.url(path), follow=False, headers=headers, **request)


def is_refused(answer, status, code):
    """By RFC 6750 section 3.1."""
    challenge = answer.get("WWW-Authenticate", "")
    said = answer.json()
    return answer.status == status and f'error="{code}"' in challenge and said["error"] == code
