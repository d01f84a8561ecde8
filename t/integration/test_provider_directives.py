"""nginx -t takes what is right in an oidc_provider block, and says what to write instead of what is wrong."""

import pytest
from support import known_names
from support.refusals import REQUIRED, assert_refused, named_in

PROVIDER_GOOD = [
    "client_secret_file @DIR@/secret;",
    "client_auth client_secret_basic;",
    "client_auth client_secret_post;",
    "client_auth none;",
    "client_auth private_key_jwt; client_key @DIR@/ec.key;",
    "client_auth private_key_jwt aud=token_endpoint; client_key @DIR@/rsa.key kid=2026;",
    "client_auth private_key_jwt aud=issuer; client_key @DIR@/ed.key;",
    "client_auth tls_client_auth; client_certificate @CERTIFICATE@ @KEY@;",
    "client_auth self_signed_tls_client_auth; client_certificate @CERTIFICATE@ @KEY@;",
    "client_certificate @CERTIFICATE@ @KEY@;",
    "clock_skew 0;",
    "clock_skew 2m;",
    "config_url https://login.example/other/openid-configuration;",
    "cookie_name shop_session;",
    "cookie_name __Host-shop;",
    'extra_auth_args "prompt=login&display=popup";',
    "extra_auth_args kc_idp_hint=$host;",
    "extra_auth_args max_age=0;",
    "extra_auth_args max_age=$arg_age;",
    "frontchannel_logout_uri /front;",
    "id_token_alg RS256;",
    "id_token_alg RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA;",
    "id_token_decrypt_key @DIR@/rsa.key;",
    "id_token_decrypt_key @DIR@/ec.key;",
    "id_token_decrypt_key @DIR@/shared.jwk;",
    "login_timeout 5m;",
    "login_uri /login;",
    "logout_token_hint on;",
    "logout_token_hint off;",
    "logout_uri /logout;",
    "pkce on;",
    "pkce off;",
    "post_logout_uri /goodbye;",
    "post_logout_uri https://www.shop.example/goodbye?x=1;",
    "redirect_uri /_login;",
    "redirect_uri https://shop.example/_login;",
    "refresh lazy;",
    "refresh off;",
    "refresh ahead=30s;",
    "refresh_uri /refresh;",
    "refresh ahead=1m; refresh_uri /refresh;",
    "scope openid email;",
    'scope "openid email";',
    "secret_key_file @DIR@/key;",
    "session_max_lifetime 12h;",
    "sessions_per_subject 1;",
    "session_store customers;",
    "session_timeout 30m;",
    "ssl_trusted_certificate @CA@;",
    "ssl_crl @CRL@;",
    "timeout connect=1s;",
    "timeout total=3s connect=500ms;",
    "userinfo on;",
    "userinfo off;",
    "userinfo when_missing;",
]


@pytest.mark.parametrize("line", PROVIDER_GOOD)
def test_provider_takes(check, site, line):
    required = REQUIRED if "secret_file" not in line else REQUIRED.replace("client_secret s3cret-of-the-test;", "")
    certificate, key = site.authority.issue("client.example")
    files = {"@CRL@": site.authority.revocation_list(), "@CERTIFICATE@": certificate, "@KEY@": key}
    for name, file in files.items():
        line = line.replace(name, str(file))
    verdict = check(line, required=required, http="oidc_session_zone zone=customers:1m;", location="auth_oidc shop;")
    assert verdict.ok, verdict.text
    assert "[warn]" not in verdict.text, verdict.text


# line, words of the message
PROVIDER_BAD = [
    ("client_secret_file @DIR@/none;", ["none", "cannot be read"]),
    ("client_secret_file @DIR@/empty;", ["empty"]),
    ("client_secret_file @DIR@/secret;", ["client_secret", "client_secret_file", "keep one"]),
    ("client_auth basic;", ["client_auth", "client_secret_basic", "private_key_jwt"]),
    ("client_auth private_key_jwt;", ["client_auth", "needs client_key"]),
    ("client_auth tls_client_auth;", ["client_auth", "needs client_certificate"]),
    ("client_auth client_secret_jwt;", ["client_secret_jwt", "32 characters"]),
    ("client_auth client_secret_basic aud=issuer;", ["aud=issuer", "private_key_jwt"]),
    ("client_auth private_key_jwt aud=x; client_key @DIR@/ec.key;", ["aud=issuer", "aud=token_endpoint"]),
    ("client_auth none; pkce off;", ["PKCE", "pkce off"]),
    ("client_key @DIR@/none;", ["client_key", "none", "cannot be read"]),
    ("client_key @DIR@/secret;", ["client_key", "secret", "no private key"]),
    ("client_key @DIR@/rsa1024.key;", ["client_key", "1024 bits"]),
    ("client_key @DIR@/x25519.key;", ["client_key", "can't sign"]),
    ("client_key @DIR@/ec.key id=x;", ["client_key", "kid="]),
    ("client_key @DIR@/ec.key kid=;", ["client_key", "kid="]),
    ("client_key @DIR@/ec.key;", ["client_secret and client_key", "client_auth private_key_jwt;"]),
    ("client_certificate @DIR@/none @DIR@/ec.key;", ["client_certificate", "none", "cannot be read"]),
    ("client_certificate @CA@ @DIR@/none;", ["client_certificate", "none", "cannot be read"]),
    ("client_certificate @DIR@/secret @DIR@/ec.key;", ["client_certificate", "no certificate"]),
    ("client_certificate @CA@ @DIR@/secret;", ["client_certificate", "no key"]),
    ("client_certificate @CA@ @DIR@/ec.key;", ["client_certificate", "not that of"]),
    ("client_certificate @CA@;", ["client_certificate certificate.pem key.pem;"]),
    ("clock_skew 1h;", ["clock_skew", "60s"]),
    ("clock_skew soon;", ["clock_skew", "60s"]),
    ("config_url login.example;", ["config_url", "https://"]),
    ("config_url http://login.example/x;", ["config_url", "https"]),
    ("cookie_name 'a b';", ["cookie_name"]),
    ("cookie_name 'a;b';", ["cookie_name"]),
    ("cookie_name a=b;", ["cookie_name"]),
    ("cookie_name '';", ["cookie_name"]),
    ("extra_auth_args state=1;", ["extra_auth_args", "state"]),
    ("extra_auth_args 'prompt=login&client_id=x';", ["extra_auth_args", "client_id"]),
    ("extra_auth_args redirect_uri=https://evil.example/;", ["redirect_uri"]),
    ("extra_auth_args code_challenge=1;", ["code_challenge"]),
    ("extra_auth_args nonce=1;", ["nonce"]),
    ("extra_auth_args 'response_type=token';", ["response_type"]),
    ("extra_auth_args 'max_age=1&max_age=2';", ["max_age", "twice", "keep one"]),
    ("extra_auth_args max_age=soon;", ["max_age", "seconds"]),
    ("frontchannel_logout_uri front;", ["frontchannel_logout_uri", "path"]),
    ("frontchannel_logout_uri /a?b;", ["frontchannel_logout_uri", "path"]),
    ("id_token_alg none;", ["id_token_alg", "RS256", "HS512"]),
    ("id_token_alg RS256 rs512;", ["id_token_alg", "RS512"]),
    ("id_token_alg HS256;", ["id_token_alg HS256", "32 characters"]),
    ("id_token_decrypt_key @DIR@/none;", ["id_token_decrypt_key", "none", "cannot be read"]),
    ("id_token_decrypt_key @DIR@/secret;", ["id_token_decrypt_key", "secret", "no private key"]),
    ("id_token_decrypt_key @DIR@/ed.key;", ["id_token_decrypt_key", "only sign"]),
    ("id_token_decrypt_key client_secret;", ["id_token_decrypt_key", "32 characters"]),
    ("login_timeout 0;", ["login_timeout", "time"]),
    ("login_timeout later;", ["login_timeout", "time"]),
    ("login_uri https://shop.example/login;", ["login_uri", "path"]),
    ("login_uri //login;", ["login_uri", "path"]),
    ("logout_token_hint yes;", ["logout_token_hint", "on", "off"]),
    ("logout_uri /;", ["logout_uri", "path"]),
    ("logout_uri '/a b';", ["logout_uri", "path"]),
    ("pkce auto;", ["pkce", "on", "off"]),
    ("post_logout_uri goodbye;", ["post_logout_uri"]),
    ("post_logout_uri http://shop.example/bye;", ["post_logout_uri", "https"]),
    ("post_logout_uri //evil.example;", ["post_logout_uri"]),
    ("redirect_uri oidc_callback;", ["redirect_uri", "/oidc_callback"]),
    ("redirect_uri http://shop.example/cb;", ["redirect_uri", "https"]),
    ("redirect_uri https://shop.example/cb?x=1;", ["redirect_uri", "query"]),
    ("redirect_uri https://shop.example/;", ["redirect_uri", "path"]),
    ("refresh on;", ["refresh takes", "lazy", "ahead=30s"]),
    ("refresh ahead;", ["refresh takes", "ahead=30s"]),
    ("refresh ahead=;", ["refresh takes", "ahead=30s"]),
    ("refresh ahead=0;", ["refresh takes", "ahead=30s"]),
    ("refresh ahead=soon;", ["refresh takes", "ahead=30s"]),
    ("refresh_uri refresh;", ["refresh_uri", "path"]),
    ("refresh_uri https://shop.example/refresh;", ["refresh_uri", "path"]),
    ("refresh off; refresh_uri /refresh;", ["refresh off", "refresh_uri", "keep one"]),
    ("refresh_uri /x; logout_uri /x;", ["/x", "refresh_uri"]),
    ("scope email profile;", ["scope", "openid", "scope openid email profile"]),
    ("scope '';", ["scope", "openid"]),
    ("secret_key_file @DIR@/none;", ["none", "cannot be read"]),
    ("secret_key_file @DIR@/short;", ["line 1", "32", "openssl rand -hex 32"]),
    ("secret_key_file @DIR@/empty;", ["empty"]),
    ("session_max_lifetime never;", ["session_max_lifetime", "time"]),
    ("sessions_per_subject 0;", ["sessions_per_subject", "1 to 10000"]),
    ("sessions_per_subject many;", ["sessions_per_subject", "1 to 10000"]),
    ("session_store nowhere;", ["session_store", "nowhere", "oidc_session_zone"]),
    ("session_timeout 0;", ["session_timeout", "time"]),
    ("ssl_trusted_certificate @DIR@/none;", ["none"]),
    ("ssl_trusted_certificate @DIR@/secret;", ["secret"]),
    ("ssl_crl @DIR@/none;", ["none"]),
    ("timeout 5s;", ["timeout", "connect=2s total=5s"]),
    ("timeout connect=x;", ["timeout", "connect=2s total=5s"]),
    ("timeout total=0;", ["timeout", "total"]),
    ("userinfo sometimes;", ["userinfo", "on", "off", "when_missing"]),
    ("scopes openid;", ["scopes", "unknown"]),
    ("issuer https://other.example;", ["issuer", "twice"]),
    ("client_id other;", ["client_id", "twice"]),
    ("client_secret other;", ["client_secret", "twice"]),
    ("pkce on; pkce on;", ["pkce", "twice"]),
    ("pkce;", ["pkce on | off"]),
    ("pkce on off;", ["pkce on | off"]),
    ("logout_uri /oidc_callback;", ["/oidc_callback", "redirect_uri", "logout_uri"]),
    ("login_uri /x; logout_uri /x;", ["/x", "login_uri", "logout_uri"]),
]


@pytest.mark.parametrize("line, words", PROVIDER_BAD)
def test_provider_refuses(check, line, words):
    assert_refused(check(line, location="auth_oidc shop;"), *words)


REQUIRED_BAD = [
    ("client_id shop;", ["shop", "no issuer", "issuer https://"]),
    ("issuer https://login.example;", ["shop", "no client_id", "client_id"]),
    ("issuer http://login.example; client_id shop;", ["issuer", "https", "loopback"]),
    ("issuer http://localhost.evil.example; client_id shop;", ["https"]),
    ("issuer http://10.0.0.1; client_id shop;", ["https"]),
    ("issuer login.example; client_id shop;", ["issuer", "https://"]),
    ("issuer ''; client_id shop;", ["issuer", "https://"]),
    ("issuer https://login.example?x=1; client_id shop;", ["issuer", "query"]),
    ("issuer https://user@login.example; client_id shop;", ["issuer"]),
    ("issuer https://login.example#x; client_id shop;", ["issuer"]),
    ("issuer https://login.example; client_id '';", ["client_id"]),
    ("issuer https://login.example; client_id shop; client_secret '';", ["client_secret", "public client"]),
    ("issuer https://login.example; client_id shop; pkce off;", ["client_secret", "pkce"]),
]


@pytest.mark.parametrize("required, words", REQUIRED_BAD)
def test_provider_without_what_it_needs_is_refused(check, required, words):
    assert_refused(check("", required=required, location="auth_oidc shop;"), *words)


@pytest.mark.parametrize(
    "issuer", ["https://login.example", "https://login.example/", "https://login.example:8443/realms/a%20b"]
)
def test_issuer_by_https_is_taken_silently(check, issuer):
    verdict = check("", required=f"issuer {issuer}; client_id shop;", location="auth_oidc shop;")
    assert verdict.ok and "[warn]" not in verdict.text, verdict.text


@pytest.mark.parametrize(
    "issuer", ["http://localhost:8081", "http://127.0.0.1:8081", "http://[::1]:8081", "http://login.localhost:8081"]
)
def test_issuer_by_http_on_this_machine_is_taken_with_a_warning(check, issuer):
    verdict = check("", required=f"issuer {issuer}; client_id shop;", location="auth_oidc shop;")
    assert verdict.ok and "[warn]" in verdict.text and issuer in verdict.text and "http" in verdict.text


def test_longest_life_under_the_idle_time_is_warned_of(check):
    verdict = check("session_timeout 8h; session_max_lifetime 1h;", location="auth_oidc shop;")
    assert verdict.ok and "session_max_lifetime" in verdict.text


@pytest.mark.parametrize("directive", ["client_auth private_key_jwt; client_key", "id_token_decrypt_key"])
def test_key_file_that_everybody_can_read_is_warned_of(check, tmp_path, directive):
    check()
    (tmp_path / "ec.key").chmod(0o644)
    verdict = check(f"{directive} {tmp_path}/ec.key;", location="auth_oidc shop;")
    assert verdict.ok and "[warn]" in verdict.text and f"chmod 600 {tmp_path}/ec.key" in verdict.text


def test_secret_file_needs_no_secret_beside_it(check):
    required = "issuer https://login.example; client_id shop; client_secret_file @DIR@/secret;"
    assert check("", required=required, location="auth_oidc shop;").ok


def test_relative_file_counts_from_the_configuration(check, site):
    (site.nginx.prefix / "secret").write_text("s3cret-of-the-test")
    required = "issuer https://login.example; client_id shop; client_secret_file secret;"
    assert check("", required=required, location="auth_oidc shop;").ok


@pytest.mark.parametrize("name", ["off", "'a b'", "$x", "''", "a;"])
def test_name_of_a_provider_is_a_word(check, name):
    if name == "a;":
        assert not check(http="oidc_provider a;").ok
    else:
        assert_refused(check(http=f"oidc_provider {name} {{ {REQUIRED} }}"), "oidc_provider", "name")


def test_provider_twice_is_refused(check):
    assert_refused(check("", http=f"oidc_provider shop {{ {REQUIRED} }}"), "shop", "twice")


def test_lines_of_a_provider_may_be_included(check, site):
    (site.nginx.prefix / "common.conf").write_text("scope openid email;\n")
    assert check("include common.conf;", location="auth_oidc shop;").ok
    (site.nginx.prefix / "common.conf").write_text("scope email;\n")
    verdict = check("include common.conf;", location="auth_oidc shop;")
    assert not verdict.ok and "openid" in verdict.text and "common.conf:1" in verdict.text


def test_variable_that_does_not_exist_is_named_in_a_provider_too(check):
    verdict = check("extra_auth_args prompt=$no_such;")
    assert not verdict.ok and 'unknown "no_such" variable' in verdict.text


# secret_key_file is one of http too, those of TLS are nginx's own as well.
PROVIDER_ONLY = sorted({line.split()[0] for line in PROVIDER_GOOD} - {"secret_key_file", "ssl_trusted_certificate", "ssl_crl"})


@pytest.mark.parametrize("directive", PROVIDER_ONLY)
def test_directive_of_a_provider_is_refused_outside(check, directive):
    verdict = check("", http=f"{directive} on;")
    assert not verdict.ok and f'"{directive}"' in verdict.text


def test_every_directive_of_a_provider_is_tried_right_and_wrong():
    required = {"issuer", "client_id", "client_secret"}
    assert known_names.provider_directives() - named_in(PROVIDER_GOOD) - required == set()
    bad = named_in([line for line, _ in PROVIDER_BAD + REQUIRED_BAD])
    assert known_names.provider_directives() - bad == set()
