"""Every example that comes with the module passes nginx -t as it is."""

import re

import pytest
from support.certificates import pem_key
from support.key_files import private_keys
from support.nginx import ROOT

EXAMPLES = ROOT / "conf-examples"
FILES = sorted(EXAMPLES.glob("*.conf"))
KEY = "4f" * 32 + "\n"


def test_there_are_examples():
    assert FILES, f"{EXAMPLES} holds no *.conf"


def directory_of(file):
    """/etc/nginx/x/y.pem is laid under the prefix."""
    return file.lstrip("/")


def prepare(site, text):
    """Puts every file that the example names under the prefix, and writes that name for it."""
    host = (re.findall(r"server_name\s+\.?([\w.-]+)", text) or ["localhost"])[0].lstrip("*.")
    certificate, key = site.authority.issue(host)
    contents = {
        "ssl_certificate": certificate.read_text(),
        "ssl_certificate_key": key.read_text(),
        "ssl_trusted_certificate": site.authority.file.read_text(),
        "ssl_crl": site.authority.revocation_list().read_text(),
        "client_secret_file": "s3cret\n",
        "secret_key_file": KEY,
        "redis_password_file": "s3cret\n",
        "client_key": pem_key(private_keys()["ec.key"]).decode(),
        "id_token_decrypt_key": pem_key(private_keys()["rsa.key"]).decode(),
        "auth_basic_user_file": "staff:{PLAIN}x\n",
    }

    def lay(match):
        directive, mark, file = match.groups()
        path = site.nginx.prefix / directory_of(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents[directive])
        path.chmod(0o600)
        return f"{directive}{mark}{path}"

    return re.sub(rf"\b({'|'.join(contents)})(\s+|=)([^\s;]+)", lay, text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_example_passes_nginx_t(site, file):
    text = prepare(site, file.read_text())
    # Ports under 1024 belong to root.
    text = re.sub(r"\blisten\s+(\[::\]:)?(80|443)\b", lambda match: f"listen {match[1] or ''}1{match[2]:0>4}", text)
    if re.search(r"^\s*http\s*\{", text, re.M):
        assert False, f"{file.name} holds a whole nginx.conf; examples are included into http"
    verdict = site.check(text=text)
    assert verdict.ok, verdict.text
    warnings = [line for line in verdict.text.splitlines() if "[warn]" in line and '"user"' not in line]
    assert all("http:" in line and "issuer" in line for line in warnings), warnings


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_example_says_at_its_head_what_it_is_for(file):
    assert file.read_text().startswith("# ")
