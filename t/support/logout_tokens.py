"""Logout tokens (OpenID Connect Back-Channel Logout 1.0) of the fake provider, right and wrong ones."""

import secrets as random
import time

from support import tokens
from support.provider_answers import changed

EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}
FORM = "application/x-www-form-urlencoded"


def logout_token(provider, header=None, key=None, **claims):
    """For the customer's sessions; None leaves a claim out. `key`: another one than the provider's."""
    now = int(time.time())
    right = {
        "iss": provider.issuer,
        "aud": provider.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": random.token_urlsafe(12),
        "events": EVENT,
        "sub": provider.customer["sub"],
    }
    made = tokens.id_token(key or provider.signing, changed(right, claims), **{"typ": "logout+jwt", **(header or {})})
    provider.secrets.add("logout token", made)
    return made


def tell(site, token, path="/told"):
    """Posts it as the provider does: from machine to machine, with no cookie."""
    browser = site.browser()
    browser.sec_fetch = False
    headers = [("Content-Type", FORM)]
    return browser.request(site.url(path), method="POST", body=f"logout_token={token}".encode(), headers=headers)


def reason(answer):
    """Why it was refused."""
    assert answer.status == 400 and "no-store" in answer.get("Cache-Control"), answer.status
    assert answer.get("Content-Type") == "application/json"
    said = answer.json()
    assert said["error"] == "invalid_request"
    return said["error_description"]
