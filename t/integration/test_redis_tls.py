"""Redis by TLS (rediss://): whose certificate is taken, and what is said of the others."""

import secrets
import socket
import subprocess
import threading

import pytest
from support.certificates import EXPIRED, NOT_YET, Authority
from support.nodes import LOCATIONS, redis_status, wait_until_away, wait_until_connected
from support.own_files import instead_of
from support.redis import Impostor
from support.ports import wait_until


@pytest.fixture
def own(tmp_path):
    """The authority of these servers."""
    return Authority(tmp_path / "redis-tls", "Authority of Redis")


@pytest.fixture
def make_tls_redis(make_redis, own):
    def make(*hosts, valid=None, **options):
        files = own.issue(*(hosts or ["localhost"]), **({"valid": valid} if valid else {}))
        return make_redis(tls=(*files, own.file), **options)

    return make


def assert_shared(here, there):
    browser = here.customer()
    assert there.is_customer(browser)
    browser.click("/logout", follow=False)
    assert not here.is_customer(browser)


def assert_told(node, *words):
    """The node has no Redis, and says why and what to do."""
    error = wait_until(lambda: redis_status(node)["last_error"], "the refusal", 20)
    assert all(word in error for word in words), error
    assert node.browser().open(node.url("/")).status == 503
    assert error in node.nginx.log()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_login_at_one_node_is_known_at_the_other(nodes, make_tls_redis, own, host):
    nodes.redis = redis = make_tls_redis(host)
    url = f"rediss://{host}:{redis.port}/0"
    assert_shared(*(nodes.start(f"redis_ca={own.file}", url=url) for _ in range(2)))


def test_authorities_of_the_system_are_trusted_without_redis_ca(nodes, make_tls_redis, own, tmp_path):
    nodes.redis = make_tls_redis()
    hashed = ["openssl", "x509", "-hash", "-noout", "-in", own.file]
    name = subprocess.run(hashed, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (trusted / f"{name}.0").write_bytes(own.file.read_bytes())
    node = nodes.make_site(nodes.provider)
    node.nginx.before_exec = instead_of({"/etc/ssl/certs": trusted})
    node.start("", LOCATIONS, **nodes.parts())
    wait_until_connected(node)
    assert node.is_customer(node.customer())


def test_session_of_many_records_of_tls_comes_back_whole(nodes, make_tls_redis, own, provider):
    """The ID token is longer than one record, and does not shrink."""
    nodes.redis = make_tls_redis()
    provider.behave(id_token={"picture": secrets.token_hex(18000)})
    here, there = nodes.make_site(provider), nodes.make_site(provider)
    for node in (here, there):
        locations = LOCATIONS.replace("location / {", "location / { auth_require $oidc_id_token;")
        node.start("", locations, **nodes.parts(f"redis_ca={own.file}"))
        wait_until_connected(node)
    assert there.is_customer(here.customer())


def test_certificate_of_ours_is_shown_to_a_redis_that_asks(nodes, make_tls_redis, own):
    nodes.redis = make_tls_redis(options=["tls-auth-clients yes"])
    certificate, key = own.issue("shop.client")
    words = f"redis_ca={own.file} redis_certificate={certificate} redis_key={key}"
    assert_shared(nodes.start(words), nodes.start(words))


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_redis_that_asks_for_a_certificate_and_gets_none_is_told_of(nodes, make_tls_redis, own, version):
    nodes.redis = make_tls_redis(options=["tls-auth-clients yes", f'tls-protocols "{version}"'])
    assert_told(nodes.start(f"redis_ca={own.file}", connected=False), "redis_certificate=")


def test_certificate_that_redis_does_not_know_is_told_of(nodes, make_tls_redis, own, authority):
    nodes.redis = make_tls_redis(options=["tls-auth-clients yes"])
    certificate, key = authority.issue("shop.client")
    words = f"redis_ca={own.file} redis_certificate={certificate} redis_key={key}"
    assert_told(nodes.start(words, connected=False), "refuses the certificate of redis_certificate=")


def test_certificate_of_another_authority_is_refused(nodes, make_tls_redis, authority):
    nodes.redis = make_tls_redis()
    assert_told(nodes.start(f"redis_ca={authority.file}", connected=False), "localhost:", "redis_ca=")


@pytest.mark.parametrize("host", ["redis.example", "127.0.0.2"])
def test_certificate_for_another_host_is_refused(nodes, make_tls_redis, own, host):
    nodes.redis = redis = make_tls_redis(host)
    for name in ("localhost", "127.0.0.1"):
        node = nodes.start(f"redis_ca={own.file}", url=f"rediss://{name}:{redis.port}", connected=False)
        assert_told(node, f'not for "{name}"', "write a name in redis= that it holds")


@pytest.mark.parametrize("valid", [EXPIRED, NOT_YET], ids=["expired", "not yet valid"])
def test_certificate_that_does_not_hold_now_is_refused(nodes, make_tls_redis, own, valid):
    nodes.redis = make_tls_redis(valid=valid)
    assert_told(nodes.start(f"redis_ca={own.file}", connected=False), "does not hold now", "clocks")


def test_redis_without_tls_is_told_of(nodes, redis, own):
    """It waits for more."""
    node = nodes.start(f"redis_ca={own.file}", url=f"rediss://localhost:{redis.port}", connected=False)
    assert_told(node, "greeting of TLS", "tls-port")


@pytest.mark.parametrize("answer", [b"-ERR unknown command\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["redis", "http"])
def test_answer_without_tls_is_told_of(nodes, own, answer):
    impostor = Impostor(answer)
    node = nodes.start(f"redis_ca={own.file}", url=f"rediss://localhost:{impostor.port}", connected=False)
    assert_told(node, "answers without TLS", "tls-port")
    impostor.stop()


def test_redis_with_tls_that_is_addressed_without_is_told_of(nodes, make_tls_redis):
    redis = nodes.redis = make_tls_redis()
    assert_told(nodes.start(url=f"redis://localhost:{redis.port}", connected=False), "write rediss://")


def test_tls_answer_to_who_comes_without_is_told_of(nodes):
    impostor = Impostor(b"\x15\x03\x01\x00\x02\x02\x46")  # RFC 8446 section 6: an alert
    node = nodes.start(url=impostor.url, connected=False)
    assert_told(node, "answers in TLS", "write rediss://")
    impostor.stop()


def test_old_version_of_tls_is_refused(nodes, make_tls_redis, own):
    nodes.redis = make_tls_redis(options=['tls-protocols "TLSv1.1"', "tls-ciphers DEFAULT:@SECLEVEL=0"])
    assert_told(nodes.start(f"redis_ca={own.file}", connected=False), "TLS failed")


@pytest.mark.parametrize("loss", ["kill", "freeze"])
def test_customers_go_on_while_redis_is_away_and_all_comes_back_with_it(nodes, make_tls_redis, own, loss):
    nodes.redis = redis = make_tls_redis()
    here, there = (nodes.start(f"redis_ca={own.file}") for _ in range(2))
    browser = here.customer()
    getattr(redis, loss)()
    wait_until_away(here)
    assert here.is_customer(browser)
    redis.start() if loss == "kill" else redis.thaw()
    for node in (here, there):
        wait_until_connected(node)
    assert_shared(here, there)


def test_connection_is_left_with_a_goodbye(nodes, own):
    """It is given up since nobody answers; without a close_notify the other side would see an attack."""
    ends = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            client, _ = server.accept()
            with own.server_context("localhost").wrap_socket(client, True, suppress_ragged_eofs=False) as tls:
                while received := tls.recv(4096):
                    ends.append(received[:1])
                ends.append(received)

        one = threading.Thread(target=serve, daemon=True)
        one.start()
        url = f"rediss://localhost:{server.getsockname()[1]}"
        assert_told(nodes.start(f"redis_ca={own.file}", url=url, connected=False), "did not answer in time")
        one.join(10)
    assert ends[0] == b"*" and ends[-1] == b""


def test_sentinel_and_the_master_that_it_names_are_asked_by_tls(nodes, make_tls_redis, own):
    master = make_tls_redis("127.0.0.1", options=["tls-replication yes"])
    watch = [f"sentinel monitor mymaster 127.0.0.1 {master.port} 1", "tls-replication yes"]
    sentinel = make_tls_redis("localhost", program="redis-sentinel", options=watch)
    url = f"rediss+sentinel://localhost:{sentinel.port}/mymaster/0"
    assert_shared(*(nodes.start(f"redis_ca={own.file}", url=url) for _ in range(2)))
    assert master.calls("eval") > 0


def test_key_is_read_before_workers_lose_their_rights(nodes, make_tls_redis, own):
    nodes.redis = make_tls_redis(options=["tls-auth-clients yes"])
    certificate, key = own.issue("shop.client")
    node = nodes.start(f"redis_ca={own.file} redis_certificate={certificate} redis_key={key}")
    key.unlink()
    own.file.unlink()
    (pid,) = node.nginx.worker_pids()
    node.nginx.kill_worker(pid)
    wait_until(lambda: node.nginx.worker_pids() not in (set(), {pid}), "a new worker")
    wait_until_connected(node)
