"""Many providers on one server, chosen by the request's host."""

from support.site import SCOPE, provider_block

DOMAIN = "tenants.example"


def host_of(name):
    return f"{name}.{DOMAIN}"


def url_of(name, port, path="/"):
    return f"https://{host_of(name)}:{port}{path}"


def by_host(names):
    """The map from hosts to the providers of these names."""
    lines = "".join(f"{host_of(name)} {name};\n" for name in names)
    return f'map_hash_max_size 8192; map_hash_bucket_size 128;\nmap $host $tenant {{ default "";\n{lines}}}\n'


def tenant_block(name, provider, port, lines=SCOPE):
    """With a redirect_uri of its own host."""
    lines += getattr(provider, "lines", "")
    return provider_block(provider, name, f"{lines} redirect_uri {url_of(name, port, '/oidc_callback')};")


def listen(site):
    certificate, key = site.authority.issue(DOMAIN, f"*.{DOMAIN}")
    return f"""listen 127.0.0.1:{site.port} ssl; server_name *.{DOMAIN};
        ssl_certificate {certificate}; ssl_certificate_key {key};"""


def tenants(site, providers, lines=SCOPE, server=""):
    """The http block's lines for this site. `providers`: name to provider."""
    blocks = "".join(tenant_block(name, provider, site.port, lines) for name, provider in providers.items())
    return f"""{blocks} {by_host(providers)}
        server {{
            {listen(site)}
            auth_oidc $tenant;
            oidc_set_header X-Who $oidc_subject;
            oidc_set_header X-Provider $oidc_provider;
            {server}
            location / {{ proxy_pass @BACKEND@; }}
        }}
    """


class Registered:
    """A client of a provider whose metadata are at an address of its own: the provider counts who asks."""

    def __init__(self, provider, name):
        self.provider, self.name = provider, name
        self.issuer, self.client_id = provider.issuer, provider.client_id
        self.client_secret = provider.client_secret

    @property
    def lines(self):
        return f"config_url {self.issuer}/.well-known/openid-configuration?of={self.name};"
