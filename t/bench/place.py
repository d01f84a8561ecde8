"""What the measurements share: providers, a backend, and the nginx whose worker is measured."""

import json
import re
import shutil
import ssl
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from support.certificates import Authority
from support.nginx import Nginx
from support.ports import free_port
from support.real_provider import ZOE, RealProvider

HERE = Path(__file__).parent
KINDS = ("plain", "kept", "closed")  # how the worker reaches the token endpoint: see site.conf


class Place:
    def __init__(self, directory):
        self.directory = directory
        self.running = ExitStack()
        names = ("site", "first_login", "backend", "front", "tls_provider", "redis_here", "redis_there")
        self.ports = {name: free_port() for name in names}
        self.authority = Authority(directory / "certificates")
        self.certificate, self.key = self.authority.issue("localhost")
        self.same_authority = shutil.copy(self.authority.file, directory / "same-authority.pem")
        self.site = self.nginx("site")
        self.front = self.nginx("front", module=None)
        self.providers = {}

    def origin(self, name):
        return f"http://localhost:{self.ports[name]}"

    def nginx(self, name, **options):
        return Nginx(self.directory / name, **options)

    def start_provider(self, **options):
        """With the customers' claims in the ID token: one call to the provider makes a login."""
        uris = [f"{self.origin(name)}/oidc_callback" for name in ("first_login", "redis_here")]
        uris += [f"{self.origin('site')}/callback_{kind}" for kind in KINDS]
        provider = RealProvider(uris, claims_in_id_token=True, **options)
        self.running.callback(provider.stop)
        return provider

    def start_providers(self):
        self.providers["http"] = self.start_provider()
        self.providers["https"] = self.start_provider(
            port=self.ports["tls_provider"],
            issuer=f"https://localhost:{self.ports['tls_provider']}",
            tls={"certificate": str(self.certificate), "key": str(self.key)},
        )

    def fill_in(self, file, more=None):
        """The text of a file here, with our values (and `more`) for what stands between @ signs."""
        values = {f"{name.upper()}_PORT": port for name, port in self.ports.items()}
        values |= {f"CUSTOMER_{name.upper()}": text for name, text in ZOE.items()}
        values |= {f"{scheme.upper()}_ISSUER": provider.issuer for scheme, provider in self.providers.items()}
        values |= {
            "CLIENT_SECRET": RealProvider.client_secret,
            "AUTHORITY": self.authority.file,
            # By another name, so that its provider shares no connections with the others.
            "SAME_AUTHORITY": self.same_authority,
            "CERTIFICATE": self.certificate,
            "KEY": self.key,
            "METADATA": self.directory,
            "PADDING": "." * 960,
            **(more or {}),
        }
        return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), (HERE / file).read_text())

    def start(self, nginx, file, **more):
        nginx.write(self.fill_in(file, more))
        nginx.start()
        self.running.callback(nginx.stop)

    def start_site(self):
        for kind in ("kept", "closed"):
            self.write_metadata(kind)
        self.start(self.nginx("backend", module=None), "backend.conf")
        self.start(self.front, "front.conf")
        self.start(self.site, "site.conf")

    def tls(self):
        return ssl.create_default_context(cafile=self.authority.file)

    def write_metadata(self, kind):
        """The provider's own metadata, but with what the worker calls at front.conf."""
        url = f"{self.providers['https'].issuer}/.well-known/openid-configuration"
        with urllib.request.urlopen(url, timeout=10, context=self.tls()) as answer:
            metadata = json.load(answer)
        for name, path in (("token_endpoint", "token"), ("userinfo_endpoint", "me"), ("jwks_uri", "jwks")):
            metadata[name] = f"https://localhost:{self.ports['front']}/{kind}/{path}"
        (self.directory / f"{kind}.json").write_text(json.dumps(metadata))

    def stop(self):
        self.running.close()
