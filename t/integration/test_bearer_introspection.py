"""auth_oidc_bearer introspect: the provider says what a token is, and is asked as seldom as is safe."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.bearer import AUDIENCE, call, is_refused, jwt, opaque
from support.key_files import write_keys
from support.ports import wait_until
from support.site import provider_block

SERVER = """
    auth_oidc shop;
    auth_oidc_bearer audience=https://api.shop.example introspect;
    oidc_set_header X-Customer-Id $oidc_subject;
    oidc_set_header X-Customer-Email $oidc_claim_email;
"""


@pytest.fixture
def api(site):
    return site.start(base=SERVER)


def asked(provider):
    return len(provider.seen("introspection"))


def test_token_is_as_good_as_a_login(api, provider):
    seen = call(api, opaque(provider)).json()
    assert header(seen, "X-Customer-Id") == "of-a-token-1" and header(seen, "X-Customer-Email") == "token@mail.example"


def test_provider_is_told_who_asks_and_about_what(api, provider):
    token = opaque(provider)
    call(api, token)
    (seen,) = provider.seen("introspection")
    assert seen.method == "POST" and seen.form == {"token": token, "token_type_hint": "access_token"}
    assert provider.knows_secret(seen)


@pytest.mark.parametrize("lines", ["client_auth client_secret_post;", "client_auth private_key_jwt; client_key @DIR@/ec.key;"],
                         ids=["client_secret_post", "private_key_jwt"])  # fmt: skip
def test_provider_is_shown_who_asks_as_at_the_token_endpoint(site, provider, tmp_path, lines):
    write_keys(tmp_path)
    provider.check_client = lambda seen: seen.header("Authorization") is None and "client_id" in seen.form
    site.start(base=SERVER, provider="scope openid email; " + lines.replace("@DIR@", str(tmp_path)))
    assert call(site, opaque(provider)).status == 200
    (seen,) = provider.seen("introspection")
    assert {"client_secret", "client_assertion"} & set(seen.form)


def test_provider_is_asked_once_for_many_requests(api, provider):
    token = opaque(provider)
    assert [call(api, token).status for _ in range(5)] == [200] * 5
    assert asked(provider) == 1


def test_many_requests_at_once_ask_once(api, provider, held):
    release = held("introspection")
    token = opaque(provider)
    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(call, api, token) for _ in range(12)]
        wait_until(lambda: asked(provider) == 1, "the question")
        wait_until(lambda: api.nginx.connections() >= 12, "all requests")
        release.set()
        assert {one.result().status for one in calls} == {200}
    assert asked(provider) == 1


def test_client_that_leaves_stops_no_other(api, provider, held):
    release = held("introspection")
    token = opaque(provider)
    fields = [("Authorization", f"Bearer {token}"), ("Host", api.host), ("Connection", "close")]
    leaving = api.browser()._send(api.url(), "GET", fields, None)
    wait_until(lambda: asked(provider) == 1, "the question")
    with ThreadPoolExecutor(1) as pool:
        staying = pool.submit(call, api, token)
        leaving.close()
        wait_until(lambda: api.nginx.connections() == 1, "the leaving")
        release.set()
        assert staying.result().status == 200
    assert asked(provider) == 1


@pytest.mark.parametrize("junk", ["no-such-token", "a.b.c"])
def test_token_that_is_not_active_is_refused_and_not_asked_about_again(api, provider, backend, junk):
    assert is_refused(call(api, junk), 401, "invalid_token") and is_refused(call(api, junk), 401, "invalid_token")
    assert asked(provider) == 1 and backend.seen == []
    # Keycloak says so to a client that is not in the token's aud, too.
    assert "expired, was revoked, or is none that this client may introspect" in api.nginx.log()


REFUSED = {
    "not active": {"active": False},
    "not active with all its claims": {"active": False, "exp": 4102444800},
    "expired": {"exp": 1},
    "not valid yet": {"nbf": 4102444800},
    "of another issuer": {"iss": "https://evil.example"},
    "for another audience": {"aud": "https://other.example"},
    "of a client that is not named": {"aud": None, "client_id": "evil"},
    "of nobody": {"aud": None, "client_id": None},
    "without a subject": {"sub": None},
    "bound to a key": {"cnf": {"x5t#S256": "x"}},
    "for DPoP": {"token_type": "DPoP"},
    "a refresh token": {"typ": "Refresh"},
}


@pytest.mark.parametrize("claims", REFUSED.values(), ids=REFUSED.keys())
def test_token_is_refused_that_is(api, provider, backend, claims):
    token = opaque(provider, **claims)
    for _ in range(2):
        assert is_refused(call(api, token), 401, "invalid_token")
    assert backend.seen == []


def test_token_without_an_audience_is_for_the_client_it_was_issued_to(site, provider):
    site.start(base=SERVER.replace(AUDIENCE, "shop-app"))
    assert call(site, opaque(provider, aud=None)).status == 200
    assert is_refused(call(site, opaque(provider)), 401, "invalid_token")  # it has another one
    of_what = opaque(provider, aud=None, token_type=None)  # a refresh token, with some providers
    assert is_refused(call(site, of_what), 401, "invalid_token")


def test_token_that_looks_like_a_jwt_to_a_provider_that_looks_at_none_is_refused(api, provider):
    provider.behave(introspection={"status": 400, "body": '{"error":"unsupported_token_type"}'})
    assert is_refused(call(api, "a.b.c"), 401, "invalid_token")


def test_token_with_little_said_of_it_is_taken(api, provider):
    token = opaque(provider, exp=None, iat=None, iss=None, scope=None, client_id=None, jti=None, token_type=None)
    assert call(api, token).status == 200


UNUSABLE = {
    "no active": {"body": "{}"},
    "active as a text": {"body": '{"active":"true","sub":"x","aud":"https://api.shop.example"}'},
    "active as a number": {"body": '{"active":1,"sub":"x","aud":"https://api.shop.example"}'},
    "active twice": {"body": '{"active":false,"active":true,"sub":"x","aud":"https://api.shop.example"}'},
    "a list": {"body": "[]"},
    "HTML": {"body": "<html>", "content_type": "text/html"},
    "nothing": {"body": ""},
    "too long": {"body": '{"active":true,"x":"' + "x" * 300_000 + '"}'},
    "status 500": {"status": 500, "body": '{"active":true}'},
    "status 204": {"status": 204, "body": ""},
    "busy": {"status": 429, "headers": {"Retry-After": "7"}},
    "a redirect": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
    "cut": {"reset": True},
}


@pytest.mark.parametrize("order", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_answer_of_no_use_lets_nobody_in_and_is_asked_for_again(api, provider, backend, order):
    token = opaque(provider)
    provider.behave(introspection=dict(order))
    answer = call(api, token)
    assert answer.status == 503 and answer.get("Retry-After") == "5" and backend.seen == []
    assert "a bearer token could not be checked" in api.nginx.log()
    provider.behave_well()
    assert call(api, token).status == 200


def test_provider_that_hangs_is_waited_for_no_longer_than_timeout_says(site, provider):
    site.start(base=SERVER, provider="scope openid email; timeout total=1s;")
    provider.behave(introspection={"hang": True})
    assert call(site, opaque(provider)).status == 503


@pytest.mark.parametrize("status", [401, 403])
def test_provider_that_does_not_know_us_is_for_the_sysadmin_to_mend(api, provider, status):
    provider.behave(introspection={"status": status, "body": "{}"})
    assert call(api, opaque(provider)).status == 500
    assert f"turns this client away (HTTP status {status})" in api.nginx.log()


def test_provider_without_the_endpoint_is_for_the_sysadmin_to_mend(site, provider):
    provider.behave(metadata={"introspection_endpoint": None})
    site.start(base=SERVER)
    assert call(site, opaque(provider)).status == 500
    assert "no introspection_endpoint" in site.nginx.log()


def test_public_client_is_refused_by_nginx_t(site, provider):
    provider.client_secret = ""
    verdict = site.check(base=SERVER)
    assert not verdict.ok and "write client_secret" in verdict.text


# Memory


def test_revoked_token_is_noticed_after_cache_says(site, provider):
    site.start(base=SERVER.replace("introspect;", "introspect cache=1s;"))
    token = opaque(provider)
    assert call(site, token).status == 200
    provider.opaque[token]["active"] = False
    wait_until(lambda: call(site, token).status == 401, "the refusal")


def test_each_location_has_its_own_cache_time(site, provider):
    now = f"auth_oidc_bearer audience={AUDIENCE} introspect cache=1s;"
    pages = f"location / {{ proxy_pass @BACKEND@; }} location /now/ {{ {now} proxy_pass @BACKEND@; }}"
    site.start("", pages, base=SERVER)
    token = opaque(provider)
    assert call(site, token).status == 200
    time.sleep(1.2)
    assert call(site, token).status == 200 and asked(provider) == 1
    assert call(site, token, "/now/").status == 200 and asked(provider) == 2


def test_token_is_not_remembered_past_its_end(site, provider):
    site.start(base=SERVER)
    token = opaque(provider, exp=int(time.time()) + 2)
    assert call(site, token).status == 200
    provider.opaque[token]["active"] = False
    wait_until(lambda: call(site, token).status == 401, "its end", 15)


def test_token_checked_by_keys_was_not_asked_about(site, provider):
    """And the reverse: how a location checks is its own."""
    by_keys = f"auth_oidc_bearer audience={AUDIENCE};"
    pages = f"location / {{ proxy_pass @BACKEND@; }} location /jwt/ {{ {by_keys} proxy_pass @BACKEND@; }}"
    site.start("", pages, base=SERVER)
    token = jwt(provider)
    assert call(site, token, "/jwt/").status == 200
    assert is_refused(call(site, token), 401, "invalid_token")
    other = opaque(provider)
    assert call(site, other).status == 200
    assert is_refused(call(site, other, "/jwt/"), 401, "invalid_token")


def test_token_of_one_provider_is_none_of_another(make_site, make_provider):
    one, two = make_provider(), make_provider()
    site = make_site(one)
    pages = "location / { proxy_pass @BACKEND@; } location /two/ { auth_oidc two; proxy_pass @BACKEND@; }"
    block = provider_block(two, "two", "scope openid email; redirect_uri /two_back;")
    site.start("", pages, http=block, base=SERVER)
    token = opaque(one)
    assert call(site, token).status == 200
    assert is_refused(call(site, token, "/two/"), 401, "invalid_token")
    assert len(two.seen("introspection")) == 1


# Floods


def test_junk_of_one_address_stops_reaching_the_provider(api, provider):
    statuses = [call(api, f"junk-{number}").status for number in range(45)]
    assert statuses.count(401) <= 35 and statuses[-5:] == [429] * 5  # a minute may begin in between
    assert asked(provider) == statuses.count(401)
    assert call(api, "junk").get("Retry-After") == "60"
    assert "too many bearer tokens of one client address" in api.nginx.log()


def test_junk_drives_out_no_token_that_is_known(api, provider):
    token = opaque(provider)
    assert call(api, token).status == 200
    for number in range(45):
        call(api, f"junk-{number}")
    assert call(api, token).status == 200


def test_reload_while_the_provider_is_asked_loses_no_request(api, provider, held):
    release = held("introspection")
    token = opaque(provider)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(call, api, token)
        wait_until(lambda: asked(provider) == 1, "the question")
        api.reload(base=SERVER, wait_for_old=False)
        threading.Timer(0.3, release.set).start()
        assert waiting.result().status == 200
    assert call(api, token).status == 200


# Rules

EARLY = {
    "if": "if ($is_welcome = no) { return 404; }",
    "set": "set $note $is_welcome;",
    "limit_req": "limit_req zone=many burst=9;",
    "nothing": "",
}
OF_MAP = """
    map $oidc_subject $standing { default good; of-a-token-1 bad; }
    map $standing $is_welcome { default 1; bad 0; }
    limit_req_zone $is_welcome zone=many:64k rate=100r/s;
"""


@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY.keys())
def test_rule_is_of_the_token_although_a_map_was_read_before_it_was_known_by(site, provider, backend, early):
    site.start(early, base=SERVER + "auth_require $is_welcome;", http=OF_MAP)
    assert [call(site, opaque(provider)).status for _ in range(3)] == [403] * 3
    assert call(site, opaque(provider, sub="of-a-token-2")).status == 200 and len(backend.seen) == 1


def test_values_that_do_not_hang_on_the_token_stay_as_they_were_before_it_was_known(site, provider):
    lines = """
        set $mine "set $is_welcome";
        location ~ ^/(?<page>\\w+)$ {
            if ($place = none) { return 404; }
            rewrite ^ /elsewhere break;
            add_header X-Kept "$mine $page $place";
            proxy_pass @BACKEND@;
        }
    """
    site.start(lines, base=SERVER, http=OF_MAP + "map $uri $place { default none; /orders shop; }")
    answer = call(site, opaque(provider, sub="of-a-token-2"), "/orders")
    assert answer.status == 200 and answer.get("X-Kept") == "set 1 orders shop"
