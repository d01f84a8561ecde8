"""nginx -t takes what is right in an oidc_provider block, and says what to write instead of what is wrong."""

import pytest
from support import known_names
from support.refusals import REQUIRED, assert_refused, named_in

APPLE = "profile apple; client_key @DIR@/ec.key kid=KEYID00000; apple_team_id TEAMID0000;"
PROVIDER_GOOD = [
    APPLE,
    "profile apple;",
    "audience https://api.example.com;",
    """claims_parameter '{"id_token":{"acr":{"essential":true,"values":["a"]}},"userinfo":{"email":null}}';""",
    "client_secret_file @DIR@/secret;",
    "client_auth client_secret_basic;",
    "client_auth client_secret_post;",
    "client_auth none;",
    "client_auth private_key_jwt; client_key @DIR@/ec.key;",
    "client_auth private_key_jwt aud=token_endpoint; client_key @DIR@/rsa.key kid=2026;",
    "client_auth private_key_jwt aud=issuer; client_key @DIR@/ed.key;",
    "client_auth private_key_jwt aud=endpoint; client_key @DIR@/ed.key;",
    "client_auth tls_client_auth; client_certificate @CERTIFICATE@ @KEY@;",
    "client_auth self_signed_tls_client_auth; client_certificate @CERTIFICATE@ @KEY@;",
    "client_certificate @CERTIFICATE@ @KEY@;",
    "backchannel_logout_uri /told;",
    'clear_site_data "cache" "cookies" "storage" "executionContexts";',
    "clear_site_data *;",
    "clear_site_data clientHints prefetchCache prerenderCache;",
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
    "initiate_login_uri /start;",
    "login_timeout 5m;",
    "login_uri /login;",
    "logout_style oidc;",
    "logout_style auth0;",
    "logout_style cognito; logout_uri /logout; post_logout_uri /goodbye;",
    "profile cognito;",
    "logout_style none;",
    "logout_style https://login.example/out;",
    'logout_style "https://login.example/out?a={client_id}&b={post_logout_uri}&c={state}";',
    "logout_token_hint on;",
    "logout_token_hint off;",
    "logout_uri /logout;",
    "par on;",
    "par off;",
    "par auto;",
    "pkce on;",
    "pkce off;",
    "pkce auto;",
    "post_logout_uri /goodbye;",
    "post_logout_uri https://www.shop.example/goodbye?x=1;",
    "profile keycloak;",
    "profile google; extra_auth_args hd=shop.example;",
    "extra_auth_args hd=$host;",
    "redirect_uri /_login;",
    "redirect_uri https://shop.example/_login;",
    "refresh lazy;",
    "refresh off;",
    "refresh ahead=30s;",
    "refresh_uri /refresh;",
    "refresh ahead=1m; refresh_uri /refresh;",
    "resource https://api.example.com/v1?x=y;",
    "resource urn:example:stock https://api.example.com;",
    "response_mode query;",
    "response_mode form_post;",
    "revoke_on_logout on;",
    "revoke_on_logout off;",
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
    other_secret = "secret_file" in line or "apple_team_id" in line
    required = REQUIRED.replace("client_secret s3cret-of-the-test;", "") if other_secret else REQUIRED
    certificate, key = site.authority.issue("client.example")
    files = {"@CRL@": site.authority.revocation_list(), "@CERTIFICATE@": certificate, "@KEY@": key}
    for name, file in files.items():
        line = line.replace(name, str(file))
    verdict = check(line, required=required, http="oidc_session_zone zone=customers:1m;", location="auth_oidc shop;")
    assert verdict.ok, verdict.text
    assert "[warn]" not in verdict.text, verdict.text


# line, words of the message
PROVIDER_BAD = [
    ("apple_team_id TEAMID0000;", ["apple_team_id", "profile apple;"]),
    ("profile okta; apple_team_id TEAMID0000;", ["apple_team_id", "profile apple;"]),
    ("profile apple; apple_team_id TEAM;", ["apple_team_id", "ten letters and digits"]),
    ("profile apple; apple_team_id 'TEAM-ID-00';", ["apple_team_id", "ten letters and digits"]),
    (APPLE, ["client secret", "apple_team_id", "keep one"]),
    ("audience '';", ["audience", "https://"]),
    ("audience a b;", ["audience", "write audience"]),
    ("claims_parameter '';", ["claims_parameter", "JSON"]),
    ("claims_parameter '[]';", ["claims_parameter", "JSON object"]),
    ("claims_parameter '{}';", ["claims_parameter", "no claim"]),
    ("""claims_parameter '{"id_token":[]}';""", ["claims_parameter", "id_token is no object"]),
    ("""claims_parameter '{"userinfo":{"email":true}}';""", ["claims_parameter", "neither null nor an object"]),
    ("""claims_parameter '{"id_token":{"acr":{"essential":true,"values":["a b"]}}}';""", ["acr", "spaces"]),
    ("client_secret_file @DIR@/none;", ["none", "cannot be read"]),
    ("client_secret_file @DIR@/empty;", ["empty"]),
    ("client_secret_file @DIR@/secret;", ["client_secret", "client_secret_file", "keep one"]),
    ("client_auth basic;", ["client_auth", "client_secret_basic", "private_key_jwt"]),
    ("client_auth private_key_jwt;", ["client_auth", "needs client_key"]),
    ("client_auth tls_client_auth;", ["client_auth", "needs client_certificate"]),
    ("client_auth client_secret_jwt;", ["client_secret_jwt", "32 characters"]),
    ("client_auth client_secret_basic aud=issuer;", ["aud=issuer", "private_key_jwt"]),
    ("client_auth private_key_jwt aud=x; client_key @DIR@/ec.key;", ["aud=issuer", "aud=token_endpoint", "aud=endpoint"]),
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
    ("backchannel_logout_uri told;", ["backchannel_logout_uri", "path"]),
    ("backchannel_logout_uri /a?b;", ["backchannel_logout_uri", "path"]),
    ("clear_site_data;", ["clear_site_data", "cookies"]),
    ("clear_site_data cookie;", ["clear_site_data", "cookies"]),
    ("clear_site_data \"cache, cookies\";", ["clear_site_data", "cookies"]),
    ("logout_style cognito; logout_uri /logout;", ["logout_style", "post_logout_uri"]),
    ("profile cognito; logout_uri /logout;", ["logout_style", "post_logout_uri"]),
    ("logout_style;", ["logout_style", "auth0"]),
    ("logout_style Auth0;", ["logout_style", "auth0"]),
    ("logout_style template;", ["logout_style", "https"]),
    ("logout_style /out;", ["logout_style", "https"]),
    ("logout_style http://login.example/out;", ["logout_style", "https"]),
    ("logout_style 'https://login.example/{id_token}';", ["logout_style", "{post_logout_uri}"]),
    ("logout_style 'https://login.example/{';", ["logout_style", "{post_logout_uri}"]),
    ("revoke_on_logout;", ["revoke_on_logout", "on"]),
    ("revoke_on_logout yes;", ["revoke_on_logout", "on"]),
    ("frontchannel_logout_uri front;", ["frontchannel_logout_uri", "path"]),
    ("frontchannel_logout_uri /a?b;", ["frontchannel_logout_uri", "path"]),
    ("id_token_alg none;", ["id_token_alg", "RS256", "HS512"]),
    ("id_token_alg RS256 rs512;", ["id_token_alg", "RS512"]),
    ("id_token_alg HS256;", ["id_token_alg HS256", "32 characters"]),
    ("id_token_decrypt_key @DIR@/none;", ["id_token_decrypt_key", "none", "cannot be read"]),
    ("id_token_decrypt_key @DIR@/secret;", ["id_token_decrypt_key", "secret", "no private key"]),
    ("id_token_decrypt_key @DIR@/ed.key;", ["id_token_decrypt_key", "only sign"]),
    ("id_token_decrypt_key client_secret;", ["id_token_decrypt_key", "32 characters"]),
    ("initiate_login_uri start;", ["initiate_login_uri", "path"]),
    ("initiate_login_uri https://shop.example/start;", ["initiate_login_uri", "path"]),
    ("login_timeout 0;", ["login_timeout", "time"]),
    ("login_timeout later;", ["login_timeout", "time"]),
    ("login_uri https://shop.example/login;", ["login_uri", "path"]),
    ("login_uri //login;", ["login_uri", "path"]),
    ("logout_token_hint yes;", ["logout_token_hint", "on", "off"]),
    ("logout_uri /;", ["logout_uri", "path"]),
    ("logout_uri '/a b';", ["logout_uri", "path"]),
    ("par yes;", ["par takes on, off or auto"]),
    ("pkce maybe;", ["pkce takes on, off or auto"]),
    ("post_logout_uri goodbye;", ["post_logout_uri"]),
    ("post_logout_uri http://shop.example/bye;", ["post_logout_uri", "https"]),
    ("post_logout_uri //evil.example;", ["post_logout_uri"]),
    ("profile generic;", ["asgardeo, wso2is, keycloak, auth0, okta, entra", "zitadel, fusionauth", "leave it out"]),
    ("profile Keycloak;", ["keycloak"]),
    ("profile keycloak; profile okta;", ["profile", "twice"]),
    ("profile;", ["profile keycloak;"]),
    ("profile google; extra_auth_args hd=$host;", ["extra_auth_args hd", "variable", "hd=example.com"]),
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
    ("resource api;", ["resource", "absolute", "https://api.example.com"]),
    ("resource 'https://api.example.com/#x';", ["resource", "#"]),
    ("resource https://api.example.com/ :x;", ["resource", "absolute"]),
    ("resource urn:a urn:a;", ["resource", "urn:a twice"]),
    ("response_mode fragment;", ["response_mode takes query or form_post"]),
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


# Bug class: a number is read as far as it looks like one ("300x"), or flows over into a small or an endless one.
NUMBERS = [
    "clock_skew '#';", "login_timeout '#';", "session_timeout '#';", "session_max_lifetime '#';",
    "sessions_per_subject '#';", "timeout 'connect=#';", "timeout 'total=#';", "extra_auth_args 'max_age=#';",
]  # fmt: skip
NO_NUMBERS = ["300x", "-1", "+1", "1.5", "0x10", "1e3", "", "\u0663", "4294967297", "9223372036854775807", "9" * 30]


@pytest.mark.parametrize("number", NO_NUMBERS, ids=ascii)
@pytest.mark.parametrize("line", NUMBERS)
def test_what_is_no_number_or_too_large_a_one_is_refused(check, line, number):
    assert_refused(check(line.replace("#", number), location="auth_oidc shop;"), line.split()[0])


APPLE_ID = "issuer https://appleid.example; client_id com.example.www; profile apple;"
APPLE_KEY = "client_key @DIR@/ec.key kid=KEYID00000; apple_team_id TEAMID0000;"
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
    (APPLE_ID, ["client_key AuthKey_KEYID.p8 kid=KEYID;", "apple_team_id TEAMID;"]),
    (f"{APPLE_ID} client_key @DIR@/ec.key kid=KEYID00000;", ["apple_team_id TEAMID;"]),
    (f"{APPLE_ID} apple_team_id TEAMID0000;", ["client_key AuthKey_KEYID.p8 kid=KEYID;"]),
    (f"{APPLE_ID} client_key @DIR@/ec.key; apple_team_id TEAMID0000;", ["client_key", "kid=", "ten characters"]),
    (f"{APPLE_ID} client_key @DIR@/rsa.key kid=KEYID00000; apple_team_id TEAMID0000;", ["client_key", "P-256"]),
    (f"{APPLE_ID} {APPLE_KEY} client_auth private_key_jwt;", ["remove client_auth"]),
    (f"{APPLE_ID} {APPLE_KEY} client_auth none;", ["remove client_auth"]),
    ("issuer acme.example; client_id shop; profile fusionauth;", ["config_url https://"]),
    ("issuer acme.example; client_id shop; profile keycloak;", ["no URL", "issuer https://", "profile fusionauth;"]),
    ("issuer acme/x; client_id shop; profile fusionauth;", ["no URL", "issuer https://"]),
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
