"""Keys of a client as files that nginx reads."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from support.certificates import pem_key
from support.tokens import base64url


@lru_cache(maxsize=None)
def private_keys():
    """Made once: RSA keys take long."""
    return {
        "ec.key": ec.generate_private_key(ec.SECP256R1()),
        "ed.key": ed25519.Ed25519PrivateKey.generate(),
        "rsa.key": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "rsa1024.key": rsa.generate_private_key(public_exponent=65537, key_size=1024),
        "x25519.key": x25519.X25519PrivateKey.generate(),
    }


def write_private(file, data):
    file.write_bytes(data)
    file.chmod(0o600)
    return file


def write_keys(directory):
    for name, key in private_keys().items():
        write_private(directory / name, pem_key(key))
    shared = f'{{"kty":"oct","k":"{base64url(bytes(range(32)))}"}}'
    write_private(directory / "shared.jwk", shared.encode())
