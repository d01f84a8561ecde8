"""Bearer tokens and the provider's keys, which change, and which nobody can make nginx fetch at will."""

import time

from support import tokens
from support.bearer import SERVER, call, is_refused, jwt


def test_token_of_a_new_key_is_taken(site, provider):
    site.start(base=SERVER)
    assert call(site, jwt(provider)).status == 200
    provider.use_key(tokens.SigningKey(kid="key-2", number=2))
    assert call(site, jwt(provider)).status == 200


def test_token_that_was_taken_goes_with_its_key(site, provider):
    site.start(base=SERVER)
    old = jwt(provider)
    assert call(site, old).status == 200
    provider.use_key(tokens.SigningKey(kid="key-2", number=2))
    assert call(site, jwt(provider)).status == 200  # which fetches the keys
    assert is_refused(call(site, old), 401, "invalid_token")


def test_key_that_nobody_has_is_asked_for_once_a_second_at_most(site, provider):
    site.start(base=SERVER)
    assert call(site, jwt(provider)).status == 200
    before, began = len(provider.seen("jwks")), time.monotonic()
    for number in range(8):
        assert is_refused(call(site, jwt(provider, header={"kid": f"junk-{number}"})), 401, "invalid_token")
    assert len(provider.seen("jwks")) - before <= 1 + time.monotonic() - began


def test_algorithm_that_is_not_allowed_asks_for_no_keys(site, provider):
    site.start(base=SERVER)
    assert call(site, jwt(provider)).status == 200
    before = len(provider.seen("jwks"))
    for forge in (tokens.unsigned, tokens.hmac_signed(b"x" * 32, typ="at+jwt", kid="junk")):
        assert is_refused(call(site, forge(jwt(provider))), 401, "invalid_token")
    assert len(provider.seen("jwks")) == before


def test_token_is_taken_while_the_provider_is_away(site, provider):
    site.start(base=SERVER)
    assert call(site, jwt(provider)).status == 200
    provider.stop()
    assert call(site, jwt(provider)).status == 200


def test_without_the_provider_s_keys_the_client_is_told_to_come_again(site, provider, backend):
    provider.behave(jwks={"status": 500})
    site.start(base=SERVER)
    answer = call(site, jwt(provider))
    assert answer.status == 503 and answer.get("Retry-After") == "5" and backend.seen == []
    assert answer.json()["error"] == "temporarily_unavailable"
    assert "a bearer token could not be checked: key set: HTTP status 500" in site.nginx.log()


def test_expired_token_is_not_taken_from_memory(site, provider):
    site.start(base=SERVER, provider="scope openid email; clock_skew 1s;")
    token = jwt(provider, exp=int(time.time()) + 3)
    assert call(site, token).status == 200
    deadline = time.monotonic() + 15
    while call(site, token).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert is_refused(call(site, token), 401, "invalid_token")
