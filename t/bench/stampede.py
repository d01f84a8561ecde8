"""How many calls a provider gets that rotates refresh tokens, when a hundred requests of one customer come at once whose
access token has expired."""

import sys

from support import expiring
from support.backend import Backend
from support.certificates import Authority
from support.fake_provider import FakeProvider
from support.known_secrets import KnownSecrets
from support.site import Site

REQUESTS = 100
WORKERS = 2
SECONDS = 0.3  # that the provider takes, so that all of them come meanwhile


def stampede(site, provider):
    browser = expiring.customer(site, provider)
    provider.behave(refresh={"delay": SECONDS})
    found = expiring.all_at_once(REQUESTS, lambda: expiring.told(site, browser))
    tokens = {token for token, _, _ in found}
    assert len(tokens) == 1 and tokens <= set(provider.access_tokens), "some requests passed without the new token"
    # The next one would fail, had the rotated refresh token been lost.
    assert expiring.told(site, browser)[0] in tokens
    return len(provider.seen("refresh"))


def measure(directory):
    secrets = KnownSecrets()
    provider, backend = FakeProvider(secrets), Backend()
    site = Site(directory / "site", secrets, provider, backend, Authority(directory / "certificates"))
    try:
        expiring.start(site, workers=WORKERS)
        calls = stampede(site, provider)
        print(f"{REQUESTS} requests at {WORKERS} workers", file=sys.stderr)
        yield "refresh_stampede_calls", calls
    finally:
        site.stop()
        backend.stop()
        provider.stop()
