"""The files of conf-examples, with this machine's files and addresses for those that they name."""

import re

from support.certificates import pem_key
from support.key_files import private_keys
from support.nginx import ROOT

EXAMPLES = ROOT / "conf-examples"
KEY = "4f" * 32 + "\n"


def host_of(text):
    """The first that the example serves."""
    return (re.findall(r"server_name\s+\.?([\w.-]+)", text) or ["localhost"])[0].lstrip("*.")


def with_files(site, text, client_secret="s3cret\n"):
    """Puts every file that the example names under the prefix, and writes that name for it."""
    certificate, key = site.authority.issue(host_of(text))
    contents = {
        "ssl_certificate": certificate.read_text(),
        "ssl_certificate_key": key.read_text(),
        "ssl_trusted_certificate": site.authority.file.read_text(),
        "ssl_crl": site.authority.revocation_list().read_text(),
        "client_secret_file": client_secret,
        "secret_key_file": KEY,
        "redis_password_file": "s3cret\n",
        "client_key": pem_key(private_keys()["ec.key"]).decode(),
        "id_token_decrypt_key": pem_key(private_keys()["rsa.key"]).decode(),
        "auth_basic_user_file": "staff:{PLAIN}x\n",
    }

    def lay(match):
        directive, mark, file = match.groups()
        # /etc/nginx/x/y.pem is laid under the prefix.
        path = site.nginx.prefix / file.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents[directive])
        path.chmod(0o600)
        return f"{directive}{mark}{path}"

    return re.sub(rf"\b({'|'.join(contents)})(\s+|=)([^\s;]+)", lay, text)
