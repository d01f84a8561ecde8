"""Encrypted tokens (RFC 7516, 7518) as a provider makes them."""

import base64
import hashlib
import hmac
import json
import os

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives import padding as blocks
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.tokens import base64url, integer

KEY_BYTES = {
    "A128CBC-HS256": 32,
    "A192CBC-HS384": 48,
    "A256CBC-HS512": 64,
    "A128GCM": 16,
    "A192GCM": 24,
    "A256GCM": 32,
}
WRAP_BYTES = {"ECDH-ES": 0, "ECDH-ES+A128KW": 16, "ECDH-ES+A192KW": 24, "ECDH-ES+A256KW": 32}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def decoded(text):
    return base64.urlsafe_b64decode(text + "==")


def with_length(data):
    return len(data).to_bytes(4, "big") + data


def ephemeral(public):
    """(JWK, secret that both sides come to)"""
    if isinstance(public, x25519.X25519PublicKey):
        own = x25519.X25519PrivateKey.generate()
        x = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "X25519", "x": base64url(x)}, own.exchange(public)
    own = ec.generate_private_key(public.curve)
    numbers, size = own.public_key().public_numbers(), (public.curve.key_size + 7) // 8
    jwk = {"kty": "EC", "crv": CURVES[public.curve.name], "x": integer(numbers.x, size), "y": integer(numbers.y, size)}
    return jwk, own.exchange(ec.ECDH(), public)


def derived(secret, name, size):
    info = with_length(name.encode()) + with_length(b"") * 2 + (size * 8).to_bytes(4, "big")
    return ConcatKDFHash(algorithm=hashes.SHA256(), length=size, otherinfo=info).derive(secret)


def content_key(alg, enc, key):
    """(more header members, content encryption key, encrypted key)"""
    cek = os.urandom(KEY_BYTES[enc])
    if alg == "dir":
        return {}, key, b""
    if isinstance(key, rsa.RSAPublicKey):
        digest = {"RSA-OAEP": hashes.SHA1, "RSA-OAEP-256": hashes.SHA256}[alg]()
        return {}, cek, key.encrypt(cek, padding.OAEP(mgf=padding.MGF1(digest), algorithm=digest, label=None))
    epk, secret = ephemeral(key)
    if alg == "ECDH-ES":
        return {"epk": epk}, derived(secret, enc, KEY_BYTES[enc]), b""
    return {"epk": epk}, cek, keywrap.aes_key_wrap(derived(secret, alg, WRAP_BYTES[alg]), cek)


def sealed(enc, key, associated, text):
    """(initialization vector, ciphertext, tag)"""
    if enc.endswith("GCM"):
        iv = os.urandom(12)
        both = AESGCM(key).encrypt(iv, text, associated)
        return iv, both[:-16], both[-16:]
    iv, half = os.urandom(16), len(key) // 2
    padder = blocks.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key[half:]), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(text) + padder.finalize()) + encryptor.finalize()
    data = associated + iv + ciphertext + (len(associated) * 8).to_bytes(8, "big")
    return iv, ciphertext, hmac.new(key[:half], data, f"sha{enc[-3:]}").digest()[:half]


def key_of(jwk):
    """The public key that a key set holds."""
    number = {name: int.from_bytes(decoded(jwk[name]), "big") for name in ("n", "e", "x", "y") if name in jwk}
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    if jwk["kty"] == "OKP":
        return x25519.X25519PublicKey.from_public_bytes(decoded(jwk["x"]))
    curve = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[jwk["crv"]]()
    return ec.EllipticCurvePublicNumbers(number["x"], number["y"], curve).public_key()


def encrypt(text, key, alg="RSA-OAEP-256", enc="A256GCM", **header):
    """`key`: a public key, or the bytes of a shared one for dir."""
    more, cek, encrypted_key = content_key(alg, enc, key)
    members = {"alg": alg, "enc": enc, "cty": "JWT", **more, **header}
    protected = base64url(json.dumps(members).encode())
    parts = sealed(enc, cek, protected.encode(), text.encode())
    return ".".join([protected, base64url(encrypted_key), *map(base64url, parts)])


def key_of_client_secret(secret, enc):
    """OIDC Core 10.2"""
    size = KEY_BYTES[enc]
    digest = "sha256" if size <= 32 else "sha384" if size <= 48 else "sha512"
    return hashlib.new(digest, secret.encode()).digest()[:size]
