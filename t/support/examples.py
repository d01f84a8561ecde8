"""The files of conf-examples, with this machine's files and addresses for those that they name."""

import re

from support.backend import header
from support.certificates import pem_key
from support.forms import submit
from support.key_files import private_keys
from support.nginx import ROOT
from support.ports import free_port

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


class Example:
    """A site that runs a file of conf-examples against the fake of its provider."""

    def __init__(self, name, make_site, provider):
        self.name, self.provider = name, provider
        self.site = make_site(provider, host=host_of(self.source()), tls=True)
        provider.register(self.site)

    def source(self):
        return (EXAMPLES / f"{self.name}.conf").read_text()

    def text(self, profile=True, without="", more=""):
        """`without`: a line that is left out; `more`: lines for the oidc_provider block."""
        text = self.source()
        here = {
            r"issuer [^;]+;": f"issuer {self.provider.issuer};",
            r"config_url [^;]+;": f"config_url {self.provider.config_url};",
            r"client_id [^;]+;": f"client_id {self.provider.client_id};",
            r"listen 80;": f"listen 127.0.0.1:{free_port()};",
            r"listen 443 ssl;": f"listen 127.0.0.1:{self.site.port} ssl;",
            r"http://127.0.0.1:8080": f"http://127.0.0.1:{self.site.backend.port}",
            r"oidc_provider [a-z0-9]+ \{": r"\g<0> " + more,
        }
        if not profile:
            here[r"profile [a-z0-9]+;"] = ""
        if without:
            here[without] = ""
        for pattern, written in here.items():
            text, count = re.subn(rf"^( *)(proxy_pass )?{pattern}", rf"\1\2{written}", text, flags=re.M)
            assert count or pattern.startswith("config_url"), f"{self.name}.conf has no {pattern}"
        return with_files(self.site, text, self.provider.client_secret)

    def start(self, **changes):
        self.site.start(text=self.text(**changes))
        return self

    def check(self, **changes):
        return self.site.check(text=self.text(**changes))

    def customer(self):
        """A browser that has logged in; where a page is a form, its script sends it."""
        browser = self.site.browser()
        answer = browser.open(self.site.url("/account/"))
        while "<form" in answer.text:
            answer = submit(browser, answer)
        assert answer.status == 200, f"the login ended with {answer.status}:\n{self.site.nginx.log()[-1500:]}"
        return browser

    def in_frame(self, query):
        """What a page of the provider gets in a hidden frame, without cookies."""
        headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]
        return self.site.browser().request(self.site.url(f"/oidc_frontchannel_logout?{query}"), headers=headers)

    def log_out(self, browser):
        return browser.open(self.site.url("/logout"), initiator=self.site.origin)


def told(answer, name):
    """What the backend got in this header; None: it was absent."""
    value = header(answer.json(), name)
    return value and value.encode("latin-1").decode()
