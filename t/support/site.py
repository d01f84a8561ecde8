"""A site with customer login: nginx before a backend, and a provider."""

import re

from support.browser import Browser
from support.nginx import Nginx, version
from support.ports import free_port

SERVER = """
    auth_oidc shop;
    oidc_set_header X-Customer-Id $oidc_subject;
    oidc_set_header X-Customer-Email $oidc_claim_email;
"""
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location /open/ { auth_oidc off; proxy_pass @BACKEND@; }
"""
SCOPE = "scope openid email profile;"


def provider_block(provider, name="shop", lines=SCOPE):
    secret = f'client_secret "{provider.client_secret}";' if provider.client_secret else ""
    return f"oidc_provider {name} {{ issuer {provider.issuer}; client_id {provider.client_id}; {secret} {lines} }}\n"


class Site:
    def __init__(
        self, prefix, secrets, provider, backend, authority, *, host="localhost", tls=False, port=None, nginx=Nginx
    ):
        self.nginx = nginx(prefix)
        self.secrets, self.provider, self.backend, self.authority = secrets, provider, backend, authority
        self.host, self.tls = host, tls
        self.listen_options = ""
        self.port = port or free_port()
        self.origin = f"{'https' if tls else 'http'}://{host}:{self.port}"

    # Configuration

    def fill_in(self, text):
        """Writes this site's addresses for @BACKEND@, @ISSUER@, @PORT@, @ORIGIN@ and @CLIENT_SECRET@."""
        values = {
            "BACKEND": f"http://127.0.0.1:{self.backend.port}",
            "ISSUER": self.provider.issuer,
            "CLIENT_SECRET": self.provider.client_secret,
            "PORT": self.port,
            "ORIGIN": self.origin,
            "LISTEN": self.listen,
        }
        return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), text)

    @property
    def listen(self):
        if not self.tls:
            return f"listen 127.0.0.1:{self.port} {self.listen_options}; server_name {self.host};"
        certificate, key = self.authority.issue(self.host)
        # nginx 1.25.1 has a directive for HTTP/2, and warns of the parameter.
        new = version() >= (1, 25, 1)
        options = f"ssl {'' if new else 'http2'} {self.listen_options}; {'http2 on;' if new else ''}"
        lines = f"listen 127.0.0.1:{self.port} {options} server_name {self.host};"
        return f"{lines} ssl_certificate {certificate}; ssl_certificate_key {key};"

    def http(self, server="", locations=LOCATIONS, *, provider=SCOPE, http="", base=SERVER):
        """The http block of one protected server. `provider`: lines of the oidc_provider block."""
        block = provider_block(self.provider, lines=provider)
        return self.fill_in(f"{block}{http}\nserver {{\n@LISTEN@\n{base}{server}\n{locations}\n}}\n")

    # Running

    def start(self, server="", locations=LOCATIONS, *, text=None, workers=1, **parts):
        """`text`: the whole http block instead."""
        self.nginx.workers = workers
        self.nginx.write(self.fill_in(text) if text else self.http(server, locations, **parts))
        self.nginx.start()
        return self

    def reload(self, server="", locations=LOCATIONS, *, text=None, wait_for_old=True, **parts):
        self.nginx.write(self.fill_in(text) if text else self.http(server, locations, **parts))
        self.nginx.reload(wait_for_old)

    def check(self, server="", locations=LOCATIONS, *, text=None, **parts):
        """`nginx -t`."""
        return self.nginx.test(self.fill_in(text) if text else self.http(server, locations, **parts))

    def stop(self):
        self.nginx.stop()

    # Customers

    def url(self, path="/"):
        return self.origin + path

    def browser(self, **options):
        return Browser(self.secrets, ca_file=self.authority.file, own_origin=self.origin, **options)

    def customer(self, path="/"):
        """A browser that has logged in by opening this page."""
        browser = self.browser()
        answer = browser.open(self.url(path))
        assert answer.status == 200, f"the login ended with {answer.status}:\n{self.nginx.log()[-1500:]}"
        return browser

    def is_customer(self, browser, path="/"):
        """True when the page is shown without a login, False when it asks for one."""
        answer = browser.open(self.url(path), follow=False)
        assert answer.status in (200, 302), f"{path} answers {answer.status}"
        return answer.status == 200

    @property
    def session_cookie(self):
        return "__Host-NGX_OIDC_SESSION" if self.tls else "NGX_OIDC_SESSION"

    @property
    def login_cookie(self):
        return "__Host-NGX_OIDC_LOGIN" if self.tls else "NGX_OIDC_LOGIN"

    def goes_to_provider(self, answer):
        return answer.status == 302 and answer.location.startswith(self.provider.issuer + "/")

    def begin(self, browser, path="/"):
        """Opens a page that needs a login; the callback's URL, which the browser has not opened yet."""
        answer = browser.open(self.url(path), follow=False)
        assert self.goes_to_provider(answer), f"{path} answers {answer.status} {answer.location}"
        back = browser.open(answer.location, follow=False, initiator=self.url(path))
        assert back.location.startswith(self.origin + "/oidc_callback?"), back.location
        return back.location

    def come_back(self, browser, callback, follow=False):
        """Opens the callback as the provider's redirect does."""
        return browser.open(callback, follow=follow, initiator=self.provider.issuer + "/authorize")

    def arrives_at(self, browser, url):
        """Follows a redirect of this site to its end; what the backend was asked for."""
        answer = browser.open(url, initiator=self.origin)
        assert answer.status == 200, f"{url} ends with {answer.status}"
        return answer.json()["target"]
