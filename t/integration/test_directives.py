"""nginx -t takes what is right, and says what to write instead of what is wrong."""

import pytest
from support import known_names

REQUIRED = "issuer https://login.example; client_id shop; client_secret s3cret-of-the-test;"
KEY = "4f" * 32


@pytest.fixture
def check(site, tmp_path):
    """nginx -t of lines at each level."""
    (tmp_path / "empty").write_text("")
    (tmp_path / "secret").write_text("s3cret-of-the-test\n")
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "short").write_text("4f4f\n")

    def run(provider=None, http="", server="", location="", required=REQUIRED):
        block = "" if provider is None else f"oidc_provider shop {{ {required} {provider} }}\n"
        text = f"{block}{http}\nserver {{ @LISTEN@ {server} location / {{ {location} }} }}"
        files = {"@DIR@": str(tmp_path), "@CA@": str(site.authority.file)}
        for name, value in files.items():
            text = text.replace(name, value)
        return site.check(text=text)

    return run


def assert_refused(verdict, *words):
    assert not verdict.ok, "nginx -t takes it"
    assert "[emerg]" in verdict.text
    for word in words:
        assert word in verdict.text, f"{word!r} is not in: {verdict.text}"
    assert "nginx.conf:" in verdict.text, "the line is not named"
    assert "s3cret-of-the-test" not in verdict.text and KEY not in verdict.text


PROVIDER_GOOD = [
    "client_secret_file @DIR@/secret;",
    "clock_skew 0;",
    "clock_skew 2m;",
    "config_url https://login.example/other/openid-configuration;",
    "cookie_name shop_session;",
    "cookie_name __Host-shop;",
    'extra_auth_args "prompt=login&display=popup";',
    "extra_auth_args kc_idp_hint=$host;",
    "frontchannel_logout_uri /front;",
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
    "scope openid email;",
    'scope "openid email";',
    "secret_key_file @DIR@/key;",
    "session_max_lifetime 12h;",
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
    line = line.replace("@CRL@", str(site.authority.revocation_list()))
    verdict = check(line, required=required, http="oidc_session_zone zone=customers:1m;", location="auth_oidc shop;")
    assert verdict.ok, verdict.text
    assert "[warn]" not in verdict.text, verdict.text


# line, words of the message
PROVIDER_BAD = [
    ("client_secret_file @DIR@/none;", ["client_secret_file", "none"]),
    ("client_secret_file @DIR@/empty;", ["empty"]),
    ("client_secret_file @DIR@/secret;", ["client_secret", "client_secret_file", "keep one"]),
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
    ("extra_auth_args prompt=$no_such_variable;", ["no_such_variable"]),
    ("frontchannel_logout_uri front;", ["frontchannel_logout_uri", "path"]),
    ("frontchannel_logout_uri /a?b;", ["frontchannel_logout_uri", "path"]),
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
    ("scope email profile;", ["scope", "openid", "scope openid email profile"]),
    ("scope '';", ["scope", "openid"]),
    ("secret_key_file @DIR@/none;", ["secret_key_file", "none"]),
    ("secret_key_file @DIR@/short;", ["secret_key_file"]),
    ("secret_key_file @DIR@/empty;", ["empty"]),
    ("session_max_lifetime never;", ["session_max_lifetime", "time"]),
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
    assert_refused(check("include common.conf;", location="auth_oidc shop;"), "openid")


# http level


HTTP_GOOD = [
    "oidc_session_zone zone=customers:1m;",
    "keyval_zone zone=customers:8M;",
    "keyval_zone zone=customers:8M timeout=1h type=string;",
    "oidc_claim_set $postal_code address postal_code;",
    "oidc_claim_set $roles https://shop.example/roles;",
    "secret_key_file @DIR@/key;",
    "auth_oidc shop;",
    "auth_oidc off;",
    "auth_oidc_mode optional;",
    "auth_oidc_challenge 401;",
    "auth_oidc_args ui_locales=de;",
    "auth_require $host;",
    "oidc_set_header X-Customer $oidc_subject;",
    "oidc_base_url https://shop.example;",
]
HTTP_BAD = [
    ("oidc_session_zone zone=customers;", ["oidc_session_zone zone=customers:32m"]),
    ("oidc_session_zone customers:1m;", ["zone=name:size"]),
    ("oidc_session_zone zone=customers:4k;", ["1m"]),
    ("oidc_session_zone zone=:1m;", ["zone=name:size"]),
    ("oidc_session_zone zone=customers:1m file=x;", ["zone=name:size"]),
    ("oidc_session_zone zone=a:1m; oidc_session_zone zone=a:1m;", ["a"]),
    ("keyval_zone zone=customers:8M timeout=1h sync;", ["sync", "redis="]),
    ("keyval_zone zone=customers:8M sync=on;", ["sync"]),
    ("keyval_zone customers;", ["zone=name:size"]),
    ("keyval_zone state=x;", ["zone=name:size"]),
    ("keyval_zone zone=customers:8M color=blue;", ["color=blue"]),
    ("oidc_claim_set postal_code address;", ["oidc_claim_set $postal_code address postal_code"]),
    ("oidc_claim_set $ address;", ["oidc_claim_set"]),
    ("oidc_claim_set $x;", ["oidc_claim_set"]),
    ("oidc_claim_set $host sub;", ["oidc_claim_set", "host"]),
    ("oidc_claim_set $a b; oidc_claim_set $a c;", ["$a"]),
    ("auth_jwt_claim_set $postal_code address postal_code;", ["oidc_claim_set $postal_code address postal_code;"]),
    ("secret_key_file @DIR@/none;", ["none"]),
    ("secret_key_file @DIR@/short;", ["secret_key_file"]),
    ("secret_key_file @DIR@/key; secret_key_file @DIR@/key;", ["secret_key_file", "twice"]),
    ("auth_oidc nobody;", ["nobody", "oidc_provider nobody {"]),
    ("oidc_provider;", ["oidc_provider"]),
]


@pytest.mark.parametrize("line", HTTP_GOOD)
def test_http_takes(check, line):
    verdict = check("", http=line)
    assert verdict.ok and "[warn]" not in verdict.text, verdict.text


@pytest.mark.parametrize("line, words", HTTP_BAD)
def test_http_refuses(check, line, words):
    assert_refused(check("", http=line), *words)


def test_sessions_in_a_file_of_keyval_zone_are_warned_of(check):
    verdict = check("", http="keyval_zone zone=customers:8M state=sessions.json;")
    assert verdict.ok and "state=" in verdict.text and "[warn]" in verdict.text


# http, server and location


LOCATION_GOOD = [
    "auth_oidc shop;",
    "auth_oidc off;",
    "auth_oidc $host;",
    "auth_oidc shop; auth_oidc_mode require;",
    "auth_oidc shop; auth_oidc_mode optional;",
    "auth_oidc_challenge auto;",
    "auth_oidc_challenge redirect;",
    "auth_oidc_challenge 401 preflight=pass;",
    "auth_oidc_args prompt=login ui_locales=$http_accept_language;",
    "auth_oidc_args a=b; auth_oidc_args c=d;",
    "auth_require $host;",
    "auth_require $host $scheme error=401;",
    "auth_require $host error=503; auth_require $scheme;",
    "oidc_set_header X-Customer-Id $oidc_subject;",
    'oidc_set_header Authorization "Bearer $oidc_access_token";',
    "oidc_set_header X-A $oidc_claim_sub encode=raw; oidc_set_header X-B a encode=urlencode;",
    "oidc_set_header X-A $oidc_claim_sub encode=base64url;",
    'oidc_set_header X-A "";',
    "oidc_base_url https://shop.example;",
    "oidc_base_url https://shop.example:8443;",
    "oidc_base_url https://shop.example/;",
    "oidc_base_url http://localhost:8080;",
]
LOCATION_BAD = [
    ("auth_oidc nobody;", ["nobody", "oidc_provider nobody {"]),
    ("auth_oidc;", ["auth_oidc"]),
    ("auth_oidc '';", ["auth_oidc"]),
    ("auth_oidc shop other;", ["auth_oidc"]),
    ("auth_oidc $no_such_variable;", ["no_such_variable"]),
    ("auth_oidc shop; auth_oidc off;", ["auth_oidc", "twice"]),
    ("auth_oidc_mode verify;", ["auth_oidc_mode", "require", "optional"]),
    ("auth_oidc_mode off;", ["auth_oidc off;"]),
    ("auth_oidc_mode require; auth_oidc_mode require;", ["twice"]),
    ("auth_oidc_challenge 403;", ["auto", "redirect", "401"]),
    ("auth_oidc_challenge 401 preflight=deny;", ["preflight=pass"]),
    ("auth_oidc_challenge auto; auth_oidc_challenge auto;", ["twice"]),
    ("auth_oidc_args prompt;", ["name=value", "ui_locales=de"]),
    ("auth_oidc_args =login;", ["name=value"]),
    ("auth_oidc_args client_id=other;", ["client_id"]),
    ("auth_oidc_args scope=openid;", ["scope"]),
    ("auth_oidc_args response_mode=fragment;", ["response_mode"]),
    ("auth_oidc_args prompt=login prompt=none;", ["prompt"]),
    ("auth_require yes;", ["auth_require", "variable"]),
    ("auth_require error=403;", ["auth_require", "variable"]),
    ("auth_require $host error=200;", ["error=403"]),
    ("auth_require $host error=302;", ["error=403"]),
    ("auth_require $host error=x;", ["error=403"]),
    ("auth_require;", ["auth_require"]),
    ("oidc_set_header X-A;", ["oidc_set_header"]),
    ("oidc_set_header 'X A' b;", ["X-Customer-Email"]),
    ("oidc_set_header 'X-A:' b;", ["X-Customer-Email"]),
    ("oidc_set_header '' b;", ["X-Customer-Email"]),
    ("oidc_set_header X-A a encode=hex;", ["encode=raw", "encode=urlencode", "encode=base64url"]),
    ("oidc_set_header X-A a; oidc_set_header x_a b;", ["x_a", "twice"]),
    ("oidc_set_header X-A $no_such_variable;", ["no_such_variable"]),
    ("oidc_base_url shop.example;", ["oidc_base_url https://shop.example;"]),
    ("oidc_base_url https://shop.example/path;", ["oidc_base_url https://shop.example;"]),
    ("oidc_base_url https://shop.example?x;", ["oidc_base_url https://shop.example;"]),
    ("oidc_base_url http://shop.example;", ["https"]),
    ("oidc_base_url https://a.example; oidc_base_url https://a.example;", ["twice"]),
]
REFUSED_HEADERS = [
    "Host", "host", "Cookie", "cookie", "Content-Length", "content_length", "Content-Type", "Transfer-Encoding",
    "Connection", "Upgrade", "Expect", "Range", "If-Range", "If-None-Match", "X-Forwarded-For", "x_forwarded_for",
    "User-Agent", "Keep-Alive", "TE",
]  # fmt: skip


@pytest.mark.parametrize("level", ["server", "location"])
@pytest.mark.parametrize("line", LOCATION_GOOD)
def test_server_and_location_take(check, level, line):
    verdict = check("", **{level: line})
    assert verdict.ok and "[warn]" not in verdict.text, verdict.text


@pytest.mark.parametrize("line, words", LOCATION_BAD)
def test_location_refuses(check, line, words):
    assert_refused(check("", location=line), *words)


@pytest.mark.parametrize("name", REFUSED_HEADERS)
def test_header_that_nginx_reads_itself_is_refused_with_another_name_to_take(check, name):
    assert_refused(check("", location=f"oidc_set_header {name} a;"), name, "X-Customer-Email")


EVERYWHERE = ["auth_oidc", "auth_oidc_mode", "auth_oidc_challenge", "auth_oidc_args", "oidc_set_header", "oidc_base_url"]
HTTP_ONLY = ["oidc_provider", "oidc_session_zone", "keyval_zone", "oidc_claim_set", "secret_key_file"]


@pytest.mark.parametrize("directive", HTTP_ONLY)
@pytest.mark.parametrize("level", ["server", "location"])
def test_directive_of_http_is_refused_elsewhere(check, directive, level):
    value = {"oidc_provider": f"x {{ {REQUIRED} }}", "oidc_claim_set": "$a b;"}.get(directive, "zone=a:1m;")
    assert_refused(check("", **{level: f"{directive} {value}"}), directive, "not allowed here")


@pytest.mark.parametrize("directive", EVERYWHERE)
@pytest.mark.parametrize("block", ["if ($host)", "limit_except GET"])
def test_directive_of_a_location_is_refused_in(check, directive, block):
    value = {"oidc_set_header": "X-A b", "oidc_base_url": "https://a.example", "auth_oidc_args": "a=b"}.get(directive, "auto")
    value = {"auth_oidc": "shop", "auth_oidc_mode": "optional"}.get(directive, value)
    assert_refused(check("", location=f"{block} {{ {directive} {value}; }}"), directive, "not allowed here")


def test_rule_may_stand_in_limit_except_but_not_in_if(check):
    assert check("", location="auth_oidc shop; limit_except GET { auth_require $host; }").ok
    assert_refused(check("", location="if ($host) { auth_require $host; }"), "auth_require", "not allowed here")


@pytest.mark.parametrize("directive", sorted(set(PROVIDER_GOOD)))
def test_directive_of_a_provider_is_refused_outside(check, directive):
    name = directive.split()[0]
    if name == "secret_key_file":
        return  # also one of http
    assert not check("", server=directive.replace("@CRL@", "x")).ok


# What is allowed and still worth a word


def test_standard_claim_whose_scope_is_not_requested_is_warned_of(check):
    verdict = check("", location="auth_oidc shop; oidc_set_header X-A $oidc_claim_email;")
    assert verdict.ok and "[warn]" in verdict.text
    assert "email" in verdict.text and "scope openid email;" in verdict.text
    verdict = check("scope openid email;", location="auth_oidc shop; oidc_set_header X-A $oidc_claim_email;")
    assert verdict.ok and "[warn]" not in verdict.text
    verdict = check("", location="auth_oidc shop; oidc_set_header X-A $oidc_claim_own_claim;")
    assert verdict.ok and "[warn]" not in verdict.text


def test_name_of_a_variable_of_ours_can_not_be_taken(check):
    for name in ("$oidc_subject", "$oidc_claim_email"):
        assert not check("", http=f"map $host {name} {{ default 1; }}").ok or name == "$oidc_claim_email"


def test_reload_with_a_wrong_configuration_keeps_the_old_one(site):
    import signal

    from support.ports import wait_until

    browser = site.start().customer()
    site.nginx.write(site.http("auth_oidc nobody;", base=""))
    old = site.nginx.worker_pids()
    site.nginx.process.send_signal(signal.SIGHUP)
    log = site.nginx.prefix / "error.log"
    wait_until(lambda: "nobody" in log.read_text(), "the message")
    assert site.nginx.worker_pids() == old and site.is_customer(browser)
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "nobody" not in line))


# Nothing is forgotten


def named_in(lines):
    return {word for line in lines for statement in line.split(";") for word in statement.split()[:1]}


def test_every_directive_is_tried_right_and_wrong():
    good = named_in(HTTP_GOOD + LOCATION_GOOD)
    bad = named_in([line for line, _ in HTTP_BAD + LOCATION_BAD])
    # oidc_provider is in every case; auth_jwt_claim_set exists only to be refused.
    assert known_names.directives() - good - {"oidc_provider", "auth_jwt_claim_set"} == set()
    assert known_names.directives() - bad == set()


def test_every_directive_of_a_provider_is_tried_right_and_wrong():
    required = {"issuer", "client_id", "client_secret"}
    assert known_names.provider_directives() - named_in(PROVIDER_GOOD) - required == set()
    bad = named_in([line for line, _ in PROVIDER_BAD + REQUIRED_BAD])
    assert known_names.provider_directives() - bad == set()
