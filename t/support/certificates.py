"""A certificate authority for one run, and what it signs."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
GOOD = (-1, 30)  # valid from and until, in days from now
EXPIRED = (-30, -1)
NOT_YET = (1, 30)
USES = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
MAY_SIGN = x509.KeyUsage(**{use: use in ("key_cert_sign", "crl_sign") for use in USES})


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def alternative_name(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def pem_key(key):
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())


class Authority:
    def __init__(self, directory, title="Authority of the tests"):
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = name(title)
        self.certificate = self._sign(self.subject, self.key, ca=True)
        self.file = self._write("ca.pem", self.certificate.public_bytes(serialization.Encoding.PEM))

    def _write(self, file, data):
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / file).write_bytes(data)
        return self.directory / file

    def _sign(self, subject, key, ca=False, hosts=(), valid=GOOD):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + valid[0] * DAY)
            .not_valid_after(now + valid[1] * DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(self._key_identifier(), critical=False)
        )
        if ca:
            builder = builder.add_extension(MAY_SIGN, critical=True)
        if hosts:
            names = x509.SubjectAlternativeName(list(map(alternative_name, hosts)))
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def _key_identifier(self):
        # RFC 5280, 4.2.1.1 and 5.2.1, which Python 3.13 insists on.
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())

    def issue(self, *hosts, valid=GOOD):
        """(certificate file, key file) for these hosts; the certificate itself in `issued`."""
        key = ec.generate_private_key(ec.SECP256R1())
        self.issued = self._sign(name(hosts[0]), key, hosts=hosts, valid=valid)
        certificate = self._write(f"{hosts[0]}.pem", self.issued.public_bytes(serialization.Encoding.PEM))
        return certificate, self._write(f"{hosts[0]}.key", pem_key(key))

    def revocation_list(self, *certificates, valid=(-1, 1)):
        """A file."""
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.subject)
        builder = builder.last_update(now + valid[0] * DAY).next_update(now + valid[1] * DAY)
        builder = builder.add_extension(self._key_identifier(), critical=False)
        for certificate in certificates:
            revoked = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(revoked.revocation_date(now - DAY).build())
        text = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return self._write(f"revoked-{len(certificates)}.pem", text)

    def server_context(self, *hosts, valid=GOOD):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*hosts, valid=valid))
        return context
