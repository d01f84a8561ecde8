"""Signing keys and JSON Web Tokens (RFC 7515, 7517, 7518, 8037), right and wrong ones."""

import base64
import hashlib
import hmac
import json
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CURVES = {"ES256": ("P-256", ec.SECP256R1), "ES384": ("P-384", ec.SECP384R1), "ES512": ("P-521", ec.SECP521R1)}
EDWARDS = ["EdDSA", "Ed25519"]
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", *EDWARDS]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def integer(number, size=None):
    return base64url(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def digest(algorithm):
    return {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}[algorithm[-3:]]()


@lru_cache(maxsize=None)
def private_key(algorithm, number):
    """The same one each time: RSA keys take long to make."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm][1]())
    if algorithm in EDWARDS:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if algorithm == "RSA1024" else 2048)


class SigningKey:
    def __init__(self, algorithm="RS256", kid="key-1", number=0):
        self.algorithm = algorithm
        self.kid = kid
        family = algorithm if algorithm in CURVES or algorithm in (*EDWARDS, "RSA1024") else "RSA"
        self.private = private_key(family, number)

    def jwk(self):
        public = self.private.public_key()
        members = {"use": "sig", **({"kid": self.kid} if self.kid else {})}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": integer(numbers.n), "e": integer(numbers.e), **members}
        if isinstance(public, ed25519.Ed25519PublicKey):
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw), **members}
        numbers, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        crv = CURVES[self.algorithm][0]
        return {"kty": "EC", "crv": crv, "x": integer(numbers.x, size), "y": integer(numbers.y, size), **members}

    def public_pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data):
        algorithm = "RS256" if self.algorithm == "RSA1024" else self.algorithm
        if algorithm in EDWARDS:
            return self.private.sign(data)
        if algorithm.startswith("ES"):
            size = (self.private.key_size + 7) // 8
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest(algorithm))))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if algorithm.startswith("PS"):
            salt = digest(algorithm).digest_size
            scheme = padding.PSS(mgf=padding.MGF1(digest(algorithm)), salt_length=salt)
        else:
            scheme = padding.PKCS1v15()
        return self.private.sign(data, scheme, digest(algorithm))


def serialize(header, claims, sign):
    data = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims).encode())}"
    return f"{data}.{base64url(sign(data.encode()))}"


def id_token(key, claims, **header):
    """Members of `header` that are None are left out."""
    algorithm = "RS256" if key.algorithm == "RSA1024" else key.algorithm
    members = {"alg": algorithm, "typ": "JWT", "kid": key.kid, **header}
    return serialize({name: value for name, value in members.items() if value is not None}, claims, key.sign)


def claims_of(token):
    return json.loads(from_base64url(token.split(".")[1]))


def half_hash(text, algorithm):
    """at_hash and c_hash (OIDC Core 3.1.3.6)."""
    size = "512" if algorithm in EDWARDS else algorithm[-3:]
    whole = hashlib.new(f"sha{size}", text.encode()).digest()
    return base64url(whole[: len(whole) // 2])


# Forgeries: what each makes of a good token.


def unsigned(token):
    header, claims, _ = token.split(".")
    return f"{base64url(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{claims}."


def bad_signature(token):
    data, _, signature = token.rpartition(".")
    raw = bytearray(from_base64url(signature))
    raw[len(raw) // 2] ^= 1
    return f"{data}.{base64url(bytes(raw))}"


def hmac_signed(secret, **header):
    """HS256 with this secret, such as the provider's public key."""

    def forge(token):
        members = {"alg": "HS256", "typ": "JWT", **header}
        return serialize(members, claims_of(token), lambda data: hmac.new(secret, data, hashlib.sha256).digest())

    return forge
