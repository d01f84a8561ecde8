"""How nodes get to Redis: by password and user, by socket, into a database; and what nginx -t says of mistakes."""

import re

import pytest
from support.nginx import ROOT
from support.nodes import redis_status, wait_until_connected
from support.ports import wait_until
from support.refusals import assert_refused

PASSWORD = "s3cret-of-the-test"


def documented_acl():
    """The user of the reference page, as a line of Redis' configuration."""
    (text,) = re.findall(r"^    ACL SETUSER (.+(?:\n {16}.+)?)$", (ROOT / "docs/directives.md").read_text(), re.M)
    return "user " + " ".join(text.replace(">PASSWORD", f">{PASSWORD}").split())


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "redis.password"
    file.write_text(PASSWORD + "\n")
    return file


def works_over(nodes, words):
    here, there = nodes.start(words), nodes.start(words)
    browser = here.customer()
    assert there.is_customer(browser)
    browser.click("/logout", follow=False)
    assert not here.is_customer(browser)
    assert "refuses a command" not in here.nginx.log() + there.nginx.log()


def test_password_from_a_file(nodes, make_redis, password_file):
    nodes.redis = make_redis(options=[f"requirepass {PASSWORD}"], password=PASSWORD)
    works_over(nodes, f"redis_password_file={password_file}")


def test_user_who_may_do_only_what_is_documented(nodes, make_redis, password_file, provider):
    nodes.redis = make_redis(options=[documented_acl()])
    provider.behave(id_token={"sid": "provider-session-1"})
    words = f"redis_user=ciam redis_password_file={password_file}"
    works_over(nodes, words)
    node = nodes.start(words)
    browser = node.customer()
    node.browser().fetch(node.url(f"/front?iss={provider.issuer}&sid=provider-session-1"))
    assert not node.is_customer(browser)
    assert redis_status(node)["queued_deletions"] == 0 and redis_status(node)["last_error"] is None


def test_unix_socket(nodes, make_redis, tmp_path):
    nodes.redis = make_redis(unix=tmp_path / "redis.sock")
    works_over(nodes, "")


def test_database_of_its_own(nodes, redis):
    url = redis.url.replace("/0", "/3")
    here, there, elsewhere = nodes.start(url=url), nodes.start(url=url), nodes.start()
    browser = here.customer()
    assert there.is_customer(browser) and not elsewhere.is_customer(browser)
    assert redis.command("-n", "3", "DBSIZE") != "0" and redis.keys() == []


def test_name_is_looked_up(nodes, redis):
    node = nodes.start(url=f"redis://localhost:{redis.port}")
    assert node.is_customer(node.customer())


@pytest.mark.parametrize("file", ["wrong", "missing"])
def test_wrong_password_is_told_and_mended_without_a_restart(nodes, make_redis, password_file, file):
    redis = nodes.redis = make_redis(options=[f"requirepass {PASSWORD}"], password=PASSWORD)
    password_file.write_text("another-s3cret\n")
    words = f"redis_password_file={password_file}" if file == "wrong" else ""
    node = nodes.start(words, connected=False)
    error = wait_until(lambda: redis_status(node)["last_error"], "the refusal", 10)
    assert f"127.0.0.1:{redis.port}" in error and ("WRONGPASS" if file == "wrong" else "NOAUTH") in error
    assert "s3cret" not in node.nginx.log()
    redis.command("CONFIG", "SET", "requirepass", "another-s3cret" if file == "wrong" else "")
    wait_until_connected(node)
    assert node.is_customer(node.customer())


def test_status_says_how_redis_is(nodes, redis):
    node = nodes.start()
    now = redis_status(node)
    assert now["connected"] is True and now["last_error"] is None and now["queued_deletions"] == 0
    metrics = node.browser().fetch(node.url("/status"), headers=[("Accept", "text/plain")]).text
    assert 'nginx_ciam_redis_up{zone="customers"} 1' in metrics
    redis.kill()
    wait_until(lambda: not redis_status(node)["connected"], "the loss")
    later = redis_status(node)
    assert later["since"] >= now["since"] and f"127.0.0.1:{redis.port}" in later["last_error"]


BAD = [
    ("redis=", ["redis://host:6379/0"]),
    ("redis=redis://", ["redis://host:6379/0"]),
    ("redis=http://host", ["redis://host:6379/0"]),
    ("redis=redis://host:0", ["port"]),
    ("redis=redis://host/x", ["database"]),
    ("redis=redis://:" + PASSWORD + "@host", ["redis_password_file="]),
    ("redis=redisss://host:6379/0", ["redis://host:6379/0", "rediss://"]),
    ("redis=valkeys://host:6379/0", ["rediss://"]),
    ("redis=rediss+unix:/run/redis.sock", ["rediss+sentinel://"]),
    ("redis=redis://a redis_ca=@CA@", ["redis=rediss://host:6379/0"]),
    ("redis=unix:/run/redis.sock redis_certificate=@CERT@ redis_key=@KEY@", ["redis=rediss://host:6379/0"]),
    ("redis=rediss://a redis_ca=@DIR@/nothing", ["CA certificates", "nothing"]),
    ("redis=rediss://a redis_ca=@DIR@/secret", ["CA certificates", "no certificate"]),
    ("redis=rediss://a redis_ca=", ["redis_ca= takes a file"]),
    ("redis=rediss://a redis_certificate=@CERT@", ["redis_key=", "both"]),
    ("redis=rediss://a redis_key=@KEY@", ["redis_certificate=", "both"]),
    ("redis=rediss://a redis_certificate=@CERT@ redis_key=@DIR@/nothing", ["redis_certificate=: ", "cannot be read"]),
    ("redis=rediss://a redis_certificate=@CA@ redis_key=@KEY@", ["redis_certificate=: ", "is not that of"]),
    ("redis=unix:redis.sock", ["absolute path"]),
    ("redis=redis+sentinel://host:26379", ["mymaster"]),
    ("redis=redis://a redis=redis://b", ["redis=", "twice"]),
    ("redis_recheck=1m", ["redis=redis://host:6379/0"]),
    ("redis=redis://a redis_recheck=x", ["redis_recheck=10m"]),
    ("redis=redis://a redis_grace=0", ["redis_grace=10m"]),
    ("redis=redis://a redis_prefix=", ["redis_prefix=ciam:"]),
    ("redis=redis://a redis_prefix=a*b", ["redis_prefix=ciam:"]),
    ("redis=redis://a redis_user=x", ["redis_password_file="]),
    ("redis=redis://x@a", ["redis_password_file="]),
    ("redis=redis://x@a redis_user=y redis_password_file=@DIR@/secret", ["twice"]),
    ("redis=redis://a redis_password_file=@DIR@/nothing", ["redis_password_file=", "cannot be read"]),
    ("redis=redis://a redis_password_file=@DIR@/empty", ["redis_password_file="]),
    ("redis=redis://a redis_speed=9", ["zone=name:size"]),
]


@pytest.fixture
def certified(authority):
    """Fills in the files of a certificate of ours."""
    certificate, key = authority.issue("shop.client")
    return lambda words: words.replace("@CERT@", str(certificate)).replace("@KEY@", str(key))


@pytest.mark.parametrize("words, said", BAD, ids=[words for words, _ in BAD])
def test_mistake_is_refused_with_what_to_write(check, certified, words, said):
    words = certified(words)
    assert_refused(check(http=f"oidc_session_zone zone=customers:1m {words};"), *said)


GOOD = [
    "redis=redis://10.0.0.1",
    "redis=redis://redis.example:6380/2 redis_recheck=30s redis_grace=1h redis_prefix=shop:",
    "redis=redis://[2001:db8::1]:6379/0",
    "redis=unix:/run/redis/redis.sock?db=1",
    "redis=redis://shop@redis.example redis_password_file=@DIR@/secret",
    "redis=redis+sentinel://a:26379,b,c:26380/mymaster/1 redis_user=shop redis_password_file=@DIR@/secret",
    "redis=rediss://redis.example:6380/0",
    "redis=rediss://redis.example redis_ca=@CA@ redis_certificate=@CERT@ redis_key=@KEY@",
    "redis=rediss+sentinel://a,b,c/mymaster redis_ca=@CA@",
]


@pytest.mark.parametrize("words", GOOD)
def test_what_is_documented_is_taken(check, certified, words):
    http = f"oidc_session_zone zone=customers:1m {certified(words)}; secret_key_file @DIR@/key;"
    verdict = check("session_store customers;", http=http, location="auth_oidc shop;")
    assert verdict.ok, verdict.text


def test_redis_without_a_key_that_all_have_is_refused(check):
    http = "oidc_session_zone zone=customers:1m redis=redis://10.0.0.1;"
    verdict = check("session_store customers;", http=http, location="auth_oidc shop;")
    assert not verdict.ok and "openssl rand -hex 32 > /etc/nginx/oidc.key" in verdict.text
    with_key = check("session_store customers; secret_key_file @DIR@/key;", http=http, location="auth_oidc shop;")
    assert with_key.ok, with_key.text
