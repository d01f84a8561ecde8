"""Bearer tokens in subrequests, after redirects inside nginx, beside its other ways to let somebody in; HTTP/2."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.bearer import SERVER, call, is_refused, jwt, opaque
from support.connection import Connection
from support.fake_provider import CUSTOMER
from support.ports import wait_until

ASKED = """
    location / { proxy_pass @BACKEND@; }
    location = /auth { internal; auth_oidc shop; @BEARER@ oidc_check; }
    location /app/ {
        auth_oidc off;
        auth_request /auth;
        proxy_set_header X-By-Variable $oidc_subject;
        proxy_set_header X-Email $oidc_claim_email;
        proxy_pass @BACKEND@;
    }
    location = /forward-auth { auth_oidc shop; @BEARER@ oidc_check; oidc_set_header X-Customer-Email $oidc_claim_email; }
"""
WAYS = {"by keys": ("", jwt), "by asking": (" introspect", opaque)}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def asked(request, site, provider):
    """(the site, a function that makes a good token)"""
    words, make = request.param
    bearer = f"auth_oidc_bearer audience=https://api.shop.example{words};"
    return site.start("", ASKED.replace("@BEARER@", bearer)), lambda **claims: make(provider, **claims)


def curl(site, token, path="/"):
    """What the backend saw of a request over HTTP/2."""
    command = ["curl", "--silent", "--http2", "--cacert", site.authority.file]
    command += ["--resolve", f"{site.host}:{site.port}:127.0.0.1", "--header", f"Authorization: Bearer {token}"]
    return json.loads(subprocess.run([*command, site.url(path)], stdout=subprocess.PIPE, text=True, timeout=30).stdout)


def test_token_passes_auth_request_and_is_known(asked):
    site, token = asked
    seen = call(site, token(), "/app/x").json()
    assert header(seen, "X-By-Variable") == "of-a-token-1" and header(seen, "X-Email") == "token@mail.example"


@pytest.mark.parametrize("claims", [{"aud": "https://other.example"}, {"exp": 1}], ids=["another audience", "expired"])
def test_token_that_does_not_hold_is_turned_away_by_auth_request(asked, backend, claims):
    site, token = asked
    answer = call(site, token(**claims), "/app/x")
    assert answer.status == 401 and 'error="invalid_token"' in answer.get("WWW-Authenticate")
    assert backend.seen == []


def test_malformed_token_is_turned_away_by_auth_request(asked, backend):
    site, _ = asked
    assert call(site, "", "/app/x").status == 401 and backend.seen == []


def test_check_asked_from_outside_knows_tokens(asked):
    site, token = asked
    answer = call(site, token(), "/forward-auth")
    assert answer.status == 202 and answer.get("X-Customer-Email") == "token@mail.example"
    assert is_refused(call(site, "junk", "/forward-auth"), 401, "invalid_token")


def test_check_without_bearer_knows_no_tokens(site, provider):
    site.start("", ASKED.replace("@BEARER@", ""))
    assert call(site, jwt(provider), "/app/x").status == 401


def test_provider_that_is_away_lets_nobody_through_auth_request(site, provider, backend):
    bearer = "auth_oidc_bearer audience=https://api.shop.example introspect;"
    site.start("", ASKED.replace("@BEARER@", bearer))
    provider.behave(introspection={"status": 500})
    assert call(site, opaque(provider), "/app/x").status in (500, 503) and backend.seen == []


def test_client_that_leaves_while_auth_request_waits_does_no_harm(site, provider, held):
    bearer = "auth_oidc_bearer audience=https://api.shop.example introspect;"
    site.start("", ASKED.replace("@BEARER@", bearer))
    release = held("introspection")
    token = opaque(provider)
    fields = [("Authorization", f"Bearer {token}"), ("Host", site.host), ("Connection", "close")]
    leaving = site.browser()._send(site.url("/app/x"), "GET", fields, None)
    wait_until(lambda: len(provider.seen("introspection")) == 1, "the question")
    with ThreadPoolExecutor(1) as pool:
        staying = pool.submit(call, site, token, "/app/x")
        wait_until(lambda: site.nginx.connections() == 2, "the other")
        leaving.close()
        release.set()
        assert staying.result().status == 200
    assert len(provider.seen("introspection")) == 1


def test_auth_request_waits_for_the_provider_over_http2(tls_site, provider):
    bearer = "auth_oidc_bearer audience=https://api.shop.example introspect;"
    site = tls_site.start("", ASKED.replace("@BEARER@", bearer))
    provider.behave(introspection={"delay": 0.3})
    assert curl(site, opaque(provider), "/app/x")["target"] == "/app/x"


PARTS = """
    location / { proxy_pass @BACKEND@; }
    location /page { ssi on; ssi_types *; root @ROOT@; }
    location /with/ { proxy_pass @BACKEND@; }
    location /without/ { auth_oidc_bearer off; @RULE@ proxy_pass @BACKEND@; }
"""


@pytest.fixture
def pages(site, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("with", "without"):
        (root / f"page-{name}").write_text(f'[<!--#include virtual="/{name}/part" -->]')

    def start(rule="", **parts):
        site.start("", PARTS.replace("@ROOT@", str(root)).replace("@RULE@", rule), base=SERVER, **parts)
        return site

    return start


def test_part_of_a_page_is_for_who_the_page_is_for(pages, provider):
    answer = call(pages(), jwt(provider), "/page-with")
    assert '"of-a-token-1"' in answer.text


def test_part_of_a_page_that_takes_no_tokens_is_not_shown(pages, provider, backend):
    assert "401" in call(pages(), jwt(provider), "/page-without").text
    assert backend.seen == []


def test_claims_of_a_token_decide_nothing_where_tokens_are_not_taken(pages, provider, backend):
    """Not even beside a cookie that is good there: the claims would be the token's."""
    site = pages("auth_require $admin;", http="map $oidc_claim_role $admin { default 0; admin 1; }")
    headers = [("Authorization", f"Bearer {jwt(provider, role='admin')}")]
    answer = site.customer().open(site.url("/page-without"), headers=headers)
    assert "403" in answer.text and backend.seen[1:] == []


LED = """
    location / { proxy_pass @BACKEND@; }
    location /api/ { @FIRST@ error_page 418 = @next; auth_require $led error=418; proxy_pass @BACKEND@; }
    location @next { @SECOND@ auth_require "$oidc_provider"; proxy_pass @BACKEND@; }
"""


def led(site, second, first=""):
    text = LED.replace("@FIRST@", first).replace("@SECOND@", second)
    return site.start("", text, base=SERVER, http="map $oidc_claim_led $led { default 1; yes 0; }")


def test_redirect_inside_nginx_keeps_the_token(site, provider):
    led(site, "")
    seen = call(site, jwt(provider, led="yes"), "/api/x").json()
    assert header(seen, "X-Customer-Id") == "of-a-token-1"


def test_redirect_inside_nginx_to_another_audience_is_checked_anew(site, provider, backend):
    led(site, "auth_oidc_bearer audience=https://other.example;")
    assert is_refused(call(site, jwt(provider, led="yes"), "/api/x"), 401, "invalid_token")
    assert backend.seen == []


def test_redirect_inside_nginx_to_where_tokens_are_not_taken_is_refused(site, provider, backend):
    led(site, "auth_oidc_bearer off;")
    assert call(site, jwt(provider, led="yes"), "/api/x").status == 500
    assert backend.seen == [] and "write the same auth_oidc_bearer for both" in site.nginx.log()


def test_allowed_address_needs_no_token_under_satisfy_any(site, provider):
    site.start("satisfy any; allow 127.0.0.1; deny all;", base=SERVER)
    assert site.browser().open(site.url(), follow=False).status == 200
    assert header(call(site, jwt(provider)).json(), "X-Customer-Id") == "of-a-token-1"


def test_token_will_do_under_satisfy_any_and_junk_will_not(site, provider, backend, tmp_path):
    (tmp_path / "passwords").write_text("staff:{PLAIN}porcelain\n")
    site.start(f"satisfy any; auth_basic staff; auth_basic_user_file {tmp_path}/passwords;", base=SERVER)
    assert call(site, jwt(provider)).status == 200
    backend.seen.clear()
    assert is_refused(call(site, "garbage"), 401, "invalid_token") and backend.seen == []


def test_token_is_not_enough_under_satisfy_all(site, provider, backend):
    site.start("deny all;", base=SERVER)
    assert call(site, jwt(provider)).status == 403 and backend.seen == []


def test_requests_of_one_connection_have_each_their_own_token(site, provider):
    site.start(base=SERVER)
    with Connection(site) as connection:
        tokens = {name: jwt(provider, sub=name) for name in "abc"}
        for name, token in (("a", tokens["a"]), ("b", tokens["b"]), (None, "junk"), ("c", tokens["c"])):
            answer = connection.ask("/", extra=f"Authorization: Bearer {token}\r\n")
            assert (header(answer.json(), "X-Customer-Id") if name else answer.status) == (name or 401)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_body_goes_to_the_backend(site, provider, method):
    site.start(base=SERVER)
    seen = call(site, jwt(provider), method=method, body=b"a=b").json()
    assert seen["method"] == method and seen["body"] == "a=b"


def test_token_over_http2(tls_site, provider):
    assert header(curl(tls_site.start(base=SERVER), jwt(provider)), "X-Customer-Id") == "of-a-token-1"


def test_preflight_goes_to_the_backend_without_a_token(site):
    site.start("auth_oidc_challenge 401 preflight=pass;", base=SERVER)
    fields = [("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization")]
    answer = site.browser().fetch(site.url(), method="OPTIONS", origin="https://app.example", headers=fields)
    assert answer.status == 200


def test_login_of_a_customer_goes_on_beside_tokens(site, provider):
    site.start(base=SERVER)
    browser = site.customer()
    assert call(site, jwt(provider)).status == 200
    assert header(browser.open(site.url()).json(), "X-Customer-Id") == CUSTOMER["sub"]
