"""auth_oidc_bearer: programs and apps that bring an access token of the provider instead of a cookie."""

import re

import pytest
from support import tokens
from support.backend import header
from support.bearer import AUDIENCE, SERVER, call, is_refused, jwt, opaque
from support.fake_provider import CUSTOMER


@pytest.fixture
def api(site):
    return site.start(base=SERVER)


def test_token_is_as_good_as_a_login(api, provider):
    token = jwt(provider)
    seen = call(api, token, "/orders?a=1").json()
    assert seen["target"] == "/orders?a=1"
    assert header(seen, "X-Customer-Id") == "of-a-token-1" and header(seen, "X-Customer-Email") == "token@mail.example"


def test_token_is_passed_on_as_it_came(api, provider):
    token = jwt(provider)
    assert header(call(api, token).json(), "Authorization") == f"Bearer {token}"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_scheme_is_known_in_any_spelling(api, provider, scheme):
    headers = [("Authorization", f"{scheme} {jwt(provider)}")]
    assert api.browser().open(api.url(), follow=False, headers=headers).status == 200


def test_request_without_a_token_is_asked_for_one(api, backend):
    answer = api.browser().fetch(api.url("/x"), follow=False)
    assert answer.status == 401 and answer.get("WWW-Authenticate") == 'Bearer realm="shop"'
    assert answer.json()["error"] == "login_required" and backend.seen == []


def test_person_is_still_sent_to_log_in(api):
    assert api.goes_to_provider(api.browser().open(api.url("/x"), follow=False))
    assert header(api.customer().open(api.url("/x")).json(), "X-Customer-Id") == CUSTOMER["sub"]
