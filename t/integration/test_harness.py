"""What the other tests stand on works, and notices what it has to notice."""

import hashlib
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import tokens
from support.backend import header
from support.browser import Browser
from support.nginx import Nginx
from support.ports import free_port, wait_until


@pytest.fixture
def plain(tmp_path):
    """nginx without the module."""
    nginx = Nginx(tmp_path / "plain", module=None)
    yield nginx
    nginx.stop()


def serve(plain, locations):
    port = free_port()
    plain.write(f"server {{ listen 127.0.0.1:{port}; {locations} }}")
    plain.start()
    return f"http://localhost:{port}"


def test_backend_tells_target_and_headers_as_they_came(plain, backend, secrets):
    origin = serve(plain, f"location / {{ proxy_pass http://127.0.0.1:{backend.port}; }}")
    seen = Browser(secrets).open(f"{origin}//a%2Fb?x=%26", headers=[("X-A", "1"), ("x-a", "2")]).json()
    assert seen["target"] == "//a%2Fb?x=%26"
    assert [value for name, value in seen["headers"] if name.lower() == "x-a"] == ["1", "2"]


def test_fastcgi_responder_tells_its_parameters(plain, fastcgi, secrets):
    origin = serve(
        plain, f"location / {{ fastcgi_pass 127.0.0.1:{fastcgi.port}; fastcgi_param A b; fastcgi_param L {'x' * 300}; }}"
    )
    params = Browser(secrets).open(origin + "/", headers=[("X-Some", "thing")]).json()["params"]
    assert ["A", "b"] in params and ["L", "x" * 300] in params and ["HTTP_X_SOME", "thing"] in params


def test_secret_in_a_log_is_noticed(plain, secrets):
    origin = serve(plain, "location / { return 404; } location /f { alias /nowhere/; }")
    secrets.add("token", "abc+def/ghi")
    Browser(secrets).open(f"{origin}/f/abc%2Bdef%2Fghi")
    plain.stop()
    assert any("token" in complaint for complaint in plain.complaints(secrets))


def test_log_without_secrets_is_not_complained_about(plain, secrets):
    origin = serve(plain, "location / { return 200 fine; }")
    secrets.add("token", "abc+def/ghi")
    assert Browser(secrets).open(f"{origin}/").text == "fine"
    plain.stop()
    assert plain.complaints(secrets) == []


def test_alert_is_noticed(plain, secrets):
    serve(plain, "location / { return 200; }")
    plain.stop()
    with (plain.prefix / "error.log").open("a") as log:
        log.write("2030/01/01 00:00:00 [alert] 1#1: open socket #3 left in connection 5\n")
    assert plain.complaints(secrets)


def test_alert_that_a_test_expects_is_passed_over_and_no_other(plain, secrets):
    serve(plain, "location / { return 200; }")
    (worker,) = plain.worker_pids()
    plain.kill_worker(worker)
    wait_until(lambda: plain.worker_pids() - {worker}, "another worker")
    plain.stop()
    assert "exited on signal 9" in plain.log()
    assert plain.complaints(secrets) == []
    with (plain.prefix / "error.log").open("a") as log:
        log.write("2030/01/01 00:00:00 [alert] 1#1: worker process 7 exited on signal 11\n")
    assert len(plain.complaints(secrets)) == 1


def test_nginx_that_refuses_its_configuration_says_why(plain):
    verdict = plain.test("no_such_directive;")
    assert not verdict.ok and "no_such_directive" in verdict.text
    assert plain.test("server { listen 127.0.0.1:1; }").ok


def test_reload_replaces_the_workers(plain):
    serve(plain, "location / { return 200; }")
    old = plain.worker_pids()
    plain.reload()
    assert not old & plain.worker_pids()


def authorize(provider, **more):
    verifier = "v" * 43
    challenge = tokens.base64url(hashlib.sha256(verifier.encode()).digest())
    query = "&".join(f"{k}={v}" for k, v in {"state": "s" * 20, "nonce": "n" * 20, **more}.items())
    return verifier, f"{provider.issuer}/authorize?{query}&code_challenge={challenge}&redirect_uri=http://localhost:1/cb"


def token_request(browser, provider, code, verifier, secret=None):
    form = f"grant_type=authorization_code&code={code}&redirect_uri=http://localhost:1/cb&code_verifier={verifier}"
    form += f"&client_id={provider.client_id}&client_secret={secret or provider.client_secret}"
    return browser.open(f"{provider.issuer}/token", method="POST", body=form.encode())


def test_fake_provider_logs_in_by_the_code_flow(provider, secrets):
    browser = Browser(secrets)
    verifier, url = authorize(provider)
    back = browser.open(url, follow=False)
    answer = token_request(browser, provider, back.location_parameters["code"], verifier)
    claims = tokens.claims_of(answer.json()["id_token"])
    assert back.location_parameters["state"] == "s" * 20
    assert claims["nonce"] == "n" * 20 and claims["iss"] == provider.issuer and claims["aud"] == "shop"
    authorization = [("Authorization", f"Bearer {answer.json()['access_token']}")]
    assert browser.open(f"{provider.issuer}/userinfo", headers=authorization).json()["sub"] == claims["sub"]
    again = token_request(browser, provider, back.location_parameters["code"], verifier)
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("fault", ["verifier", "secret"])
def test_fake_provider_refuses_a_wrong(provider, secrets, fault):
    browser = Browser(secrets)
    verifier, url = authorize(provider)
    code = browser.open(url, follow=False).location_parameters["code"]
    wrong = {"verifier": ("w" * 43, None), "secret": (verifier, "wrong")}[fault]
    assert token_request(browser, provider, code, *wrong).status in (400, 401)


def test_fake_provider_does_as_it_is_told(provider, secrets):
    browser = Browser(secrets)
    provider.behave(metadata={"issuer": "http://other", "userinfo_endpoint": None})
    members = browser.open(provider.issuer + "/.well-known/openid-configuration").json()
    assert members["issuer"] == "http://other" and "userinfo_endpoint" not in members
    provider.behave(jwks={"status": 429, "headers": {"Retry-After": "7"}, "times": 1})
    busy = browser.open(provider.issuer + "/jwks")
    assert (busy.status, busy.get("Retry-After")) == (429, "7")
    assert browser.open(provider.issuer + "/jwks").status == 200
    provider.behave(jwks={"reset": True})
    with pytest.raises(OSError):
        browser.open(provider.issuer + "/jwks")
    assert [one.endpoint for one in provider.requests] == ["discovery", "jwks", "jwks", "jwks"]


def test_fake_provider_holds_an_answer_until_it_may_go(provider, secrets, held):
    answer = held("jwks")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(Browser(secrets).open, provider.issuer + "/jwks")
        wait_until(lambda: provider.seen("jwks"), "the request")
        assert not waiting.done()
        answer.set()
        assert waiting.result().status == 200


def test_fake_provider_can_go_and_come_back(provider, secrets):
    provider.stop()
    with pytest.raises(OSError):
        Browser(secrets).open(provider.issuer + "/jwks")
    provider.start()
    assert Browser(secrets).open(provider.issuer + "/jwks").status == 200


def test_fake_provider_speaks_tls(make_provider, authority, secrets):
    provider = make_provider(tls=authority.server_context("login.example"), host="login.example")
    assert Browser(secrets, ca_file=authority.file).open(provider.issuer + "/jwks").status == 200
    with pytest.raises(ssl.SSLError):
        Browser(secrets).open(provider.issuer + "/jwks")


@pytest.mark.parametrize("algorithm", tokens.ALGORITHMS)
def test_tokens_differ_where_they_are_forged(algorithm):
    key = tokens.SigningKey(algorithm, number=1)
    token = tokens.id_token(key, {"sub": "a"})
    assert tokens.bad_signature(token) != token
    assert tokens.claims_of(tokens.unsigned(token)) == {"sub": "a"}
    assert key.jwk()["kty"] in ("RSA", "EC", "OKP")


def test_browser_keeps_cookies_as_browsers_do(secrets):
    browser = Browser(secrets)
    jar = browser.jar
    jar.take("a=1; Path=/; HttpOnly; SameSite=Lax", "shop.example", False)
    jar.take("__Host-b=2; Path=/; Secure; HttpOnly; SameSite=Lax", "shop.example", True)
    assert {one.name for one in jar.for_request("shop.example", "/x", True)} == {"a", "__Host-b"}
    assert {one.name for one in jar.for_request("shop.example", "/x", False)} == {"a"}
    assert jar.for_request("www.shop.example", "/", True) == []
    assert jar.for_request("shop.example", "/", True, lax=False) == []
    for wrong in ("__Host-c=3; Path=/", "__Host-c=3; Path=/; Secure; Domain=example", "d=4; Secure"):
        with pytest.raises(AssertionError):
            jar.take(wrong, "shop.example", "Domain" in wrong)
    jar.take("a=; Path=/; Max-Age=0", "shop.example", False)
    assert {one.name for one in jar.of("shop.example").values()} == {"__Host-b"}


def test_browser_tells_where_a_navigation_comes_from(plain, backend, secrets):
    origin = serve(plain, f"location / {{ proxy_pass http://127.0.0.1:{backend.port}; }}")
    browser = Browser(secrets)
    assert header(browser.open(f"{origin}/a").json(), "Sec-Fetch-Site") == "none"
    assert header(browser.click("/b").json(), "Sec-Fetch-Site") == "same-origin"
    assert header(browser.open(f"{origin}/", initiator="https://evil.example/").json(), "Sec-Fetch-Site") == "cross-site"
    assert header(browser.fetch(f"{origin}/").json(), "Sec-Fetch-Mode") == "cors"


def test_real_provider_answers(real_provider, secrets):
    members = Browser(secrets).open(real_provider.issuer + "/.well-known/openid-configuration").json()
    assert members["issuer"] == real_provider.issuer
    real_provider.rotate()
