"""How a provider finds out which client calls its token endpoint (OIDC Core 9, RFC 7523, RFC 8705)."""

import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from support.tokens import EDWARDS, claims_of, from_base64url

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def header_of(token):
    return json.loads(from_base64url(token.split(".")[0]))


def by_key(public):
    """Checks signatures of the algorithms that go with this key; raises for a wrong one."""

    def verify(algorithm, data, signature):
        digest = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}.get(algorithm[-3:])
        if isinstance(public, ed25519.Ed25519PublicKey):
            assert algorithm in EDWARDS
            return public.verify(signature, data)
        if isinstance(public, ec.EllipticCurvePublicKey):
            assert algorithm == "ES256" and len(signature) == 64
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            return public.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest()))
        assert algorithm[:2] in ("RS", "PS")
        pss = padding.PSS(mgf=padding.MGF1(digest()), salt_length=digest.digest_size)
        return public.verify(signature, data, pss if algorithm[0] == "P" else padding.PKCS1v15(), digest())

    return verify


def by_secret(secret):
    def verify(algorithm, data, signature):
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        assert hmac.compare_digest(hmac.new(secret.encode(), data, digest).digest(), signature)

    return verify


class Assertions:
    """provider.check_client = Assertions(provider, by_key(...))"""

    def __init__(self, provider, verify, audience=None):
        self.provider, self.verify, self.audience = provider, verify, audience or provider.issuer
        self.seen_ids = set()

    def __call__(self, seen):
        form = seen.form
        assert seen.header("Authorization") is None and "client_secret" not in form
        assert form["client_assertion_type"] == ASSERTION_TYPE
        self.last = form["client_assertion"]
        data, _, signature = self.last.rpartition(".")
        self.verify(header_of(self.last)["alg"], data.encode(), from_base64url(signature))
        return self.is_right(claims_of(self.last))

    def is_right(self, claims):
        now = time.time()
        assert claims["jti"] not in self.seen_ids, "an assertion came twice"
        self.seen_ids.add(claims["jti"])
        return (
            claims["iss"] == claims["sub"] == self.provider.client_id
            and claims["aud"] == self.audience
            and now - 60 < claims["iat"] < now + 60
            and now < claims["exp"] < now + 120
        )


def common_name(certificate):
    return dict(part[0] for part in certificate["subject"])["commonName"]


def by_certificate(provider, name):
    """The client shows a certificate for this name and sends its client_id."""

    def check(seen):
        form = seen.form
        return (
            seen.certificate is not None
            and common_name(seen.certificate) == name
            and form.get("client_id") == provider.client_id
            and "client_secret" not in form
            and seen.header("Authorization") is None
        )

    return check
