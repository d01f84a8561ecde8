"""Configurations as they are written for NGINX Plus' OIDC module work unchanged."""

import pytest
from support.backend import header
from support.site import provider_block

# What every one of them has around it; `resolver` is asked for by NGINX Plus.
RESOLVER = "resolver 127.0.0.1:5353 ipv6=off;"

FIRST_STEPS = """
    oidc_provider my_idp {
        issuer        @ISSUER@;
        client_id     shop;
        client_secret "@CLIENT_SECRET@";
    }
    server {
        @LISTEN@
        location / {
            auth_oidc my_idp;
            proxy_set_header username $oidc_claim_sub;
            proxy_pass @BACKEND@;
        }
    }
"""

EVERYTHING = """
    keyval_zone zone=my_store:8M state=sessions.json timeout=1h;
    oidc_provider my_idp {
        issuer                  @ISSUER@;
        config_url              @ISSUER@/.well-known/openid-configuration;
        client_id               shop;
        client_secret           "@CLIENT_SECRET@";
        ssl_trusted_certificate @CA@;
        ssl_crl                 @CRL@;
        scope                   openid profile email;
        cookie_name             my_cookie;
        extra_auth_args         "display=page&prompt=login";
        redirect_uri            @ORIGIN@/my_callback;
        session_store           my_store;
        session_timeout         8h;
        userinfo                on;
        pkce                    on;
        logout_uri              /logout;
        post_logout_uri         /after_logout;
        logout_token_hint       on;
        frontchannel_logout_uri /frontchannel_logout;
    }
    server {
        @LISTEN@
        auth_oidc my_idp;
        location / {
            proxy_set_header X-Name  $oidc_claim_name;
            proxy_set_header X-Token $oidc_access_token;
            proxy_set_header X-Id    $oidc_id_token;
            proxy_set_header X-Info  $oidc_userinfo;
            proxy_pass @BACKEND@;
        }
        location /after_logout {
            auth_oidc off;
            default_type text/plain;
            return 200 "You have been logged out\\n";
        }
        location /public/ {
            auth_oidc off;
            proxy_pass @BACKEND@;
        }
    }
"""

BY_HOST = """
    map $host $oidc_by_host {
        default   first;
        127.0.0.1 second;
    }
    oidc_provider first  { issuer @ISSUER@; client_id shop; client_secret "@CLIENT_SECRET@"; session_store one;
                           redirect_uri /first; }
    oidc_provider second { issuer @ISSUER@; client_id shop; client_secret "@CLIENT_SECRET@"; session_store two;
                           redirect_uri /second; }
    keyval_zone zone=one:1M;
    keyval_zone zone=two:1M;
    server {
        listen 127.0.0.1:@PORT@;
        server_name localhost 127.0.0.1;
        auth_oidc $oidc_by_host;
        location / { proxy_set_header X-Provider $oidc_provider; proxy_pass @BACKEND@; }
    }
"""

ROLES = """
    map $oidc_claim_role $admin_role { "admin" 1; }
    map $oidc_claim_role $known_role { ""  0; default 1; }
    oidc_provider my_idp { issuer @ISSUER@; client_id shop; client_secret "@CLIENT_SECRET@"; }
    server {
        @LISTEN@
        location / {
            auth_oidc my_idp;
            proxy_pass @BACKEND@;
        }
        location /admin {
            auth_oidc    my_idp;
            auth_require $known_role error=401;
            auth_require $admin_role;
            proxy_pass @BACKEND@;
        }
    }
"""

PUBLIC_CLIENT = """
    oidc_provider keycloak { issuer @ISSUER@; client_id shop; pkce on; }
    server { @LISTEN@ location / { auth_oidc keycloak; proxy_pass @BACKEND@; } }
"""


def filled(site, text):
    names = {"@CA@": site.authority.file, "@CRL@": site.authority.revocation_list()}
    for name, value in names.items():
        text = text.replace(name, str(value))
    return site.fill_in(text)


ALL = {"first steps": FIRST_STEPS, "everything": EVERYTHING, "by host": BY_HOST, "roles": ROLES, "public": PUBLIC_CLIENT}


@pytest.mark.parametrize("text", ALL.values(), ids=ALL.keys())
@pytest.mark.parametrize("resolver", ["", RESOLVER])
def test_nginx_t_takes(site, text, resolver):
    verdict = site.check(text=resolver + filled(site, text))
    assert verdict.ok, verdict.text


@pytest.mark.parametrize(
    "issuer", ["https://login.example/realms/main", "https://accounts.example", "https://tenant.example/oauth2/v2.0"]
)
def test_nginx_t_takes_the_issuer_of_a_provider_elsewhere_and_asks_nobody(site, issuer):
    verdict = site.check(text=filled(site, FIRST_STEPS.replace("@ISSUER@", issuer)))
    assert verdict.ok and "ciam" not in verdict.text and "oidc" not in verdict.text, verdict.text


def test_first_steps_log_in(site):
    seen = site.start(text=FIRST_STEPS).browser().open(site.url("/")).json()
    assert header(seen, "username") == site.provider.customer["sub"]


@pytest.fixture
def everything(make_site, make_provider, authority):
    provider = make_provider(tls=authority.server_context("localhost"), host="localhost")
    site = make_site(provider, host="shop.example", tls=True)
    return site.start(text=filled(site, EVERYTHING))


def test_every_directive_together_logs_in(everything, secrets):
    browser = everything.browser()
    answer = browser.open(everything.url("/page"))
    seen = answer.json()
    assert header(seen, "X-Name").encode("latin-1").decode() == everything.provider.customer["name"]
    assert header(seen, "X-Token") in secrets.values and header(seen, "X-Id") in secrets.values
    assert everything.provider.customer["email"] in header(seen, "X-Info")
    assert "my_cookie" in browser.cookies(everything.url())
    asked = answer.history[0].location_parameters
    assert (asked["display"], asked["prompt"]) == ("page", "login")
    assert asked["redirect_uri"] == everything.url("/my_callback")


def test_every_directive_together_logs_out(everything):
    browser = everything.customer()
    answer = browser.click("/logout")
    assert answer.text == "You have been logged out\n"
    asked = answer.history[0].location_parameters
    assert asked["post_logout_redirect_uri"] == everything.url("/after_logout") and "id_token_hint" in asked
    assert not everything.is_customer(browser)
    assert browser.open(everything.url("/public/")).status == 200


def test_every_directive_together_logs_out_from_the_provider(everything):
    browser = everything.customer()
    provider = everything.provider
    frame = everything.browser()
    url = everything.url(f"/frontchannel_logout?iss={provider.issuer}&sid={provider.sid}")
    assert frame.open(url, initiator=provider.issuer).status == 200
    assert not everything.is_customer(browser)


def test_provider_by_host_logs_in_each_with_its_own_session(site):
    site.start(text=BY_HOST)
    browser = site.browser()
    for host, name in (("localhost", "first"), ("127.0.0.1", "second")):
        seen = browser.open(f"http://{host}:{site.port}/").json()
        assert header(seen, "X-Provider") == name


@pytest.mark.parametrize("role, status", [("admin", 200), ("buyer", 403), (None, 401)])
def test_roles_decide(site, provider, role, status):
    provider.customer["role"] = role
    browser = site.start(text=ROLES).customer()
    assert browser.open(site.url("/admin")).status == status


def test_public_client_logs_in(site, provider):
    provider.client_secret = ""
    site.start(text=PUBLIC_CLIENT).customer()


def test_one_callback_for_several_providers_needs_iss(make_site, make_provider):
    """NGINX Plus' examples give each provider the default redirect_uri."""
    first, second = make_provider(), make_provider()
    site = make_site(first)
    text = provider_block(first, "one", "") + provider_block(second, "two", "")
    text += """server { @LISTEN@
        location / { auth_oidc one; proxy_pass @BACKEND@; }
        location /two { auth_oidc two; proxy_pass @BACKEND@; }
    }"""
    verdict = site.check(text=text)
    assert verdict.ok and "redirect_uri" in verdict.text and "two" in verdict.text
    for provider in (first, second):
        announced = {"authorization_response_iss_parameter_supported": True}
        provider.behave(metadata=announced, response={"iss": provider.issuer})
    site.start(text=text)
    browser = site.browser()
    assert browser.open(site.url("/")).status == 200 and browser.open(site.url("/two")).status == 200
    second.behave(response={"iss": first.issuer})
    assert site.browser().open(site.url("/two")).status == 502
    second.behave(response={})
    assert site.browser().open(site.url("/two")).status == 502
