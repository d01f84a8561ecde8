"""nginx -t takes what is right in http, server and location, and says what to write instead of what is wrong."""

import signal

import pytest
from support import known_names
from support.ports import wait_until
from support.refusals import REQUIRED, assert_refused, named_in

HTTP_GOOD = [
    "oidc_session_zone zone=customers:1m;",
    "secret_key_file @DIR@/key; oidc_session_zone zone=customers:1m file=/dev/shm/x snapshot=@DIR@/snapshot;",
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
    "auth_oidc_bearer audience=https://api.shop.example;",
    "oidc_set_header X-Customer $oidc_subject;",
    "oidc_base_url https://shop.example;",
]
HTTP_BAD = [
    ("oidc_session_zone zone=customers;", ["oidc_session_zone zone=customers:32m"]),
    ("oidc_session_zone customers:1m;", ["zone=name:size"]),
    ("oidc_session_zone zone=customers:4k;", ["at least", "oidc_session_zone zone=customers:32m"]),
    ("oidc_session_zone zone=:1m;", ["zone=name:size"]),
    ("oidc_session_zone zone=customers:1m file=x;", ["file=", "absolute path"]),
    ("oidc_session_zone zone=customers:1m snapshot=x;", ["snapshot=", "absolute path"]),
    ("oidc_session_zone zone=customers:1m zone=customers:1m;", ["zone=name:size"]),
    ("oidc_session_zone zone=customers:1m disk=x;", ["zone=name:size", "file=", "snapshot=", "redis="]),
    ("oidc_session_zone zone=a:1m; oidc_session_zone zone=a:1m;", ["a"]),
    ("keyval_zone zone=customers:8M timeout=1h sync;", ["sync", "remove sync"]),
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
    ("secret_key_file @DIR@/short;", ["line 1", "32", "openssl rand -hex 32"]),
    ("secret_key_file @DIR@/key; secret_key_file @DIR@/key;", ["secret_key_file", "twice"]),
    ("auth_oidc nobody;", ["nobody", "oidc_provider nobody {"]),
    ("oidc_provider;", ["oidc_provider"]),
]


@pytest.mark.parametrize("line", HTTP_GOOD)
def test_http_takes(check, line):
    verdict = check("scope openid address;", http=line)
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
    "auth_oidc_bearer off;",
    "auth_oidc shop; auth_oidc_bearer audience=https://api.shop.example;",
    "auth_oidc shop; auth_oidc_bearer audience=a audience=b scope=c scope=d typ=any;",
    "auth_oidc shop; auth_oidc_bearer introspect audience=a;",
    "auth_oidc shop; auth_oidc_bearer audience=a introspect cache=1h;",
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
CONTENT_GOOD = ["auth_oidc shop; oidc_check;", "auth_oidc $host; oidc_check;", "oidc_status;", "auth_oidc off; oidc_jwks;"]
LOCATION_BAD = [
    ("auth_oidc off; oidc_check;", ["oidc_check", "write auth_oidc"]),
    ("auth_oidc shop; oidc_check on;", ["oidc_check"]),
    ("auth_oidc shop; oidc_check; oidc_status;", ["oidc_status", "location of its own"]),
    ("oidc_status json;", ["oidc_status"]),
    ("oidc_jwks shop;", ["oidc_jwks"]),
    ("oidc_jwks; oidc_status;", ["oidc_status", "location of its own"]),
    ("auth_oidc_bearer;", ["auth_oidc_bearer"]),
    ("auth_oidc_bearer on;", ["on", "audience="]),
    ("auth_oidc_bearer introspect;", ["write audience="]),
    ("auth_oidc_bearer scope=a;", ["write audience="]),
    ("auth_oidc_bearer off audience=a;", ["off", "audience="]),
    ("auth_oidc_bearer audience=;", ["audience=https://api.example.com"]),
    ("auth_oidc_bearer audience=$host;", ["no variable"]),
    ("auth_oidc_bearer 'audience=a b';", ["one name"]),
    ("auth_oidc_bearer audience=a 'scope=a\"b';", ["scope=orders:read"]),
    ("auth_oidc_bearer audience=a typ=jwt;", ["typ=jwt", "typ=any"]),
    ("auth_oidc_bearer audience=a introspect typ=any;", ["remove typ=any"]),
    ("auth_oidc_bearer audience=a cache=1s;", ["cache=", "introspect"]),
    ("auth_oidc_bearer audience=a introspect cache=0;", ["1s to 1h"]),
    ("auth_oidc_bearer audience=a introspect cache=2h;", ["1s to 1h"]),
    ("auth_oidc_bearer audience=a introspect cache=x;", ["1s to 1h"]),
    ("auth_oidc_bearer audience=a; auth_oidc_bearer off;", ["twice"]),
    ("auth_oidc nobody;", ["nobody", "oidc_provider nobody {"]),
    ("auth_oidc;", ["auth_oidc"]),
    ("auth_oidc '';", ["auth_oidc"]),
    ("auth_oidc shop other;", ["auth_oidc"]),
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
    ("oidc_base_url shop.example;", ["oidc_base_url https://shop.example.com;"]),
    ("oidc_base_url https://shop.example/path;", ["oidc_base_url https://shop.example.com;"]),
    ("oidc_base_url https://shop.example?x;", ["oidc_base_url https://shop.example.com;"]),
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


@pytest.mark.parametrize("line", CONTENT_GOOD)
def test_location_takes(check, line):
    verdict = check("", location=line)
    assert verdict.ok and "[warn]" not in verdict.text, verdict.text
    assert_refused(check("", server=line), "not allowed here")


@pytest.mark.parametrize("line, words", LOCATION_BAD)
def test_location_refuses(check, line, words):
    assert_refused(check("", location=line), *words)


@pytest.mark.parametrize(
    "line", ["auth_oidc $no_such;", "oidc_set_header X-A $no_such;", "auth_oidc_args a=$no_such;", "auth_require $no_such;"]
)
def test_variable_that_does_not_exist_is_named(check, line):
    verdict = check("", location=line)
    assert not verdict.ok and 'unknown "no_such" variable' in verdict.text


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


# What is allowed and still worth a word


def test_standard_claim_whose_scope_is_not_requested_is_warned_of(check):
    email = "auth_oidc shop; oidc_set_header X-A $oidc_claim_email;"
    verdict = check("scope openid;", location=email)
    assert verdict.ok and "[warn]" in verdict.text
    assert "email" in verdict.text and "scope openid email;" in verdict.text
    for scope in ("scope openid email;", ""):
        verdict = check(scope, location=email)
        assert verdict.ok and "[warn]" not in verdict.text, verdict.text


def test_claim_of_the_provider_s_own_needs_no_scope(check):
    verdict = check("scope openid;", location="auth_oidc shop; oidc_set_header X-A $oidc_claim_own_claim;")
    assert verdict.ok and "[warn]" not in verdict.text


@pytest.mark.parametrize("name", ["$oidc_subject", "$oidc_authenticated", "$oidc_id_token"])
def test_name_of_a_variable_of_ours_can_not_be_taken(check, name):
    assert_refused(check("", http=f"map $host {name} {{ default 1; }}"), name[1:])


def test_reload_with_a_wrong_configuration_keeps_the_old_one(site):
    browser = site.start().customer()
    site.nginx.write(site.http("auth_oidc nobody;", base=""))
    old = site.nginx.worker_pids()
    site.nginx.process.send_signal(signal.SIGHUP)
    log = site.nginx.prefix / "error.log"
    wait_until(lambda: "nobody" in log.read_text(), "the message")
    assert site.nginx.worker_pids() == old and site.is_customer(browser)
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "nobody" not in line))


# Nothing is forgotten


def test_every_directive_is_tried_right_and_wrong():
    good = named_in(HTTP_GOOD + LOCATION_GOOD + CONTENT_GOOD)
    bad = named_in([line for line, _ in HTTP_BAD + LOCATION_BAD])
    # oidc_provider is in every case; auth_jwt_claim_set exists only to be refused.
    assert known_names.directives() - good - {"oidc_provider", "auth_jwt_claim_set"} == set()
    assert known_names.directives() - bad == set()
