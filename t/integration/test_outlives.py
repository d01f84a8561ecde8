"""Sessions outlive what may happen to nginx, and a logout outlives it as well."""

import os
import signal
import time
from pathlib import Path

import pytest
from support.daemon import Daemon
from support.ports import is_open, wait_until
from support.site import SCOPE

KEY = "4f" * 32 + "\n"
LOGOUT = SCOPE + " logout_uri /logout;"


@pytest.fixture
def kept(site, tmp_path):
    """A place on tmpfs for the zone, one on disk for its snapshot, and a start with these."""
    places = Kept(site, tmp_path)
    yield places
    places.clear()


class Kept:
    def __init__(self, site, directory):
        self.site = site
        self.memory = Path(f"/dev/shm/oidc-test-{os.getpid()}-{site.port}")
        self.snapshot = directory / "snapshot"
        self.key = directory / "key"
        self.key.write_text(KEY)

    def http(self, how="file", size="2m"):
        file = f"file={self.memory}" if how in ("file", "both") else ""
        snapshot = f"snapshot={self.snapshot}" if how in ("snapshot", "both") else ""
        return f"secret_key_file {self.key}; oidc_session_zone zone=oidc_default:{size} {file} {snapshot};"

    def start(self, how="file", size="2m", workers=2):
        return self.site.start(http=self.http(how, size), provider=LOGOUT, workers=workers)

    def kill_all(self):
        """As a machine's trouble does: the master first, then its workers, none of whom can say goodbye."""
        workers = self.site.nginx.worker_pids()
        for pid in [self.site.nginx.process.pid, *workers]:
            os.kill(pid, signal.SIGKILL)
        self.site.nginx.process.wait(10)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the end of the workers")
        wait_until(lambda: not is_open(self.site.port), "the port")

    def clear(self):
        self.site.stop()
        self.memory.unlink(missing_ok=True)


def log_out(site, browser):
    browser.open(site.url("/"))
    assert browser.click("/logout", follow=False).status == 302


def cookie_of(site, browser):
    return browser.cookies(site.url())["NGX_OIDC_SESSION"]


def is_alive(site, cookie):
    browser = site.browser()
    browser.set_cookie(site.url(), "NGX_OIDC_SESSION", cookie)
    return site.is_customer(browser)


# A file on tmpfs


@pytest.mark.parametrize("end", ["stop", "kill_all"])
def test_sessions_in_a_file_outlive_nginx_and_so_do_logouts(kept, end):
    site = kept.start()
    stays, goes = site.customer(), site.customer()
    gone = cookie_of(site, goes)
    log_out(site, goes)
    site.stop() if end == "stop" else kept.kill_all()
    kept.start()
    assert site.is_customer(stays) and not is_alive(site, gone)
    assert "1 sessions found in" in site.nginx.log()


def test_sessions_in_memory_do_not_outlive_a_restart(kept):
    site = kept.start("nothing")
    browser = site.customer()
    site.stop()
    kept.start("nothing")
    assert not site.is_customer(browser)


@pytest.mark.parametrize("size", ["1m", "2m", "8m"])
def test_size_in_the_configuration_may_be_another_at_the_next_start(kept, size):
    site = kept.start()
    browsers = [site.customer() for _ in range(5)]
    site.stop()
    kept.start(size=size)
    assert all(site.is_customer(one) for one in browsers)
    site.customer()


DAMAGE = {
    "cut off": lambda path: os.truncate(path, 100_000),
    "emptied": lambda path: os.truncate(path, 0),
    "overwritten at its start": lambda path: path.write_bytes(b"x" * 4096 + path.read_bytes()[4096:]),
    "overwritten at its end": lambda path: path.write_bytes(path.read_bytes()[:-100_000] + b"x" * 100_000),
    "something else": lambda path: path.write_text("hello\n" * 1000),
    "zeros": lambda path: path.write_bytes(bytes(2 * 1024 * 1024)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_file_that_was_damaged_keeps_nobody_from_logging_in(kept, damage):
    site = kept.start()
    site.customer()
    site.stop()
    damage(kept.memory)
    kept.start()
    assert site.is_customer(site.customer())


def test_file_is_for_nginx_alone_and_holds_nothing_that_can_be_read(kept, secrets):
    site = kept.start()
    site.customer()
    assert kept.memory.stat().st_mode & 0o777 == 0o600
    data = kept.memory.read_bytes()
    found = [what for value, what in secrets.values.items() if value.encode() in data]
    assert found == []


def test_sessions_of_a_file_are_not_known_under_another_key(kept):
    site = kept.start()
    browser = site.customer()
    site.stop()
    kept.key.write_text("5e" * 32 + "\n")
    kept.start()
    assert not site.is_customer(browser)


def test_key_may_be_changed_without_losing_sessions_of_a_file(kept):
    site = kept.start()
    browser = site.customer()
    site.stop()
    kept.key.write_text("5e" * 32 + "\n" + KEY)
    kept.start()
    assert site.is_customer(browser) and site.is_customer(site.customer())


def test_file_that_somebody_else_has_made_is_not_taken(kept):
    kept.memory.write_bytes(b"")
    os.chown(kept.memory, 1, 1)
    with pytest.raises(AssertionError, match="belongs to somebody else"):
        kept.start()
    kept.site.nginx.expects("belongs to somebody else")
    for report in kept.site.nginx.prefix.glob("sanitizer*"):
        report.unlink()  # nginx frees nothing when it can't start


# A snapshot, for a machine that boots anew


def test_sessions_in_a_snapshot_outlive_a_reboot_and_so_do_logouts(kept):
    site = kept.start("snapshot")
    stays, goes = site.customer(), site.customer()
    gone = cookie_of(site, goes)
    log_out(site, goes)
    site.stop()
    assert kept.snapshot.stat().st_mode & 0o777 == 0o600
    kept.start("snapshot")
    assert site.is_customer(stays) and not is_alive(site, gone)


def test_logout_after_the_last_snapshot_is_not_undone_by_a_power_cut(kept):
    site = kept.start("snapshot")
    stays, goes = site.customer(), site.customer()
    gone = cookie_of(site, goes)
    site.stop()
    kept.start("snapshot")
    log_out(site, goes)
    kept.kill_all()
    kept.start("snapshot")
    assert site.is_customer(stays) and not is_alive(site, gone)


def test_snapshot_is_written_while_nginx_runs(kept):
    site = kept.start("snapshot")
    browser = site.customer()
    began = time.time()
    wait_until(lambda: kept.snapshot.exists() and kept.snapshot.stat().st_mtime > began, "a snapshot", 70)
    kept.kill_all()
    kept.start("snapshot")
    assert site.is_customer(browser)


def test_file_comes_before_its_snapshot(kept):
    site = kept.start("both")
    early = site.customer()
    site.stop()
    kept.start("both")
    late = site.customer()
    kept.kill_all()
    kept.start("both")
    assert site.is_customer(early) and site.is_customer(late)
    site.stop()
    kept.memory.unlink()  # as a reboot does
    kept.start("both")
    assert site.is_customer(early) and site.is_customer(late)


@pytest.mark.parametrize("text", ["", "rubbish" * 100], ids=["empty", "rubbish"])
def test_damaged_snapshot_keeps_nobody_from_logging_in(kept, text):
    kept.snapshot.write_text(text)
    site = kept.start("snapshot")
    assert site.is_customer(site.customer())


# Reload and binary upgrade


def test_zone_may_change_its_size_at_a_reload(site):
    zone = "oidc_session_zone zone=oidc_default:{};"
    site.start(http=zone.format("2m"), workers=2)
    browsers = [site.customer() for _ in range(10)]
    for size in ("8m", "1m", "2m"):
        site.reload(http=zone.format(size))
        assert all(site.is_customer(one) for one in browsers)
        browsers.append(site.customer())


def test_reload_that_is_rolled_back_changes_no_zone(site, tmp_path):
    zone = "oidc_session_zone zone=oidc_default:{};"
    status = "location = /status { auth_oidc off; oidc_status; } location / { proxy_pass @BACKEND@; }"
    site.start("", status, http=zone.format("4m"))
    browser = site.customer()
    size = site.browser().fetch(site.url("/status")).json()["session_zones"][0]["size_bytes"]
    # The listening socket comes after the zones.
    wrong = f"server {{ listen unix:{tmp_path}/nowhere/socket; }}"
    site.nginx.write(site.http("", status, http=zone.format("1m") + wrong))
    site.nginx.process.send_signal(signal.SIGHUP)
    log = site.nginx.prefix / "error.log"
    wait_until(lambda: "nowhere/socket" in log.read_text(), "the refusal")
    time.sleep(0.3)
    assert site.browser().fetch(site.url("/status")).json()["session_zones"][0]["size_bytes"] == size
    assert site.is_customer(browser)
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "[emerg]" not in line))


def test_sessions_outlive_a_binary_upgrade_without_any_directive(make_site, provider):
    site = make_site(provider, nginx=Daemon)
    browser = site.start(workers=2).customer()
    callback = site.begin(browser2 := site.browser(), "/page")
    old = site.nginx.upgrade()
    site.nginx.end(old)
    assert site.is_customer(browser)
    assert site.come_back(browser2, callback, follow=True).json()["target"] == "/page"


# Room


def test_one_customer_does_not_push_out_others_by_logging_in_again_and_again(site, provider):
    site.start(provider=SCOPE + "sessions_per_subject 3;")
    other = site.customer()
    provider.customer["sub"] = "busy"
    busy = []
    for _ in range(6):
        busy.append(site.customer())
        time.sleep(1.1)  # the oldest is told by the second
    assert [site.is_customer(one) for one in busy] == [False] * 3 + [True] * 3
    assert site.is_customer(other)


def test_zone_that_is_full_is_told_once_with_the_size_to_write(site, provider):
    http = "oidc_session_zone zone=oidc_default:256k;"
    site.start(http=http, provider=SCOPE + "sessions_per_subject 10000;")
    provider.customer["padding"] = "x" * 4000
    site.stop()
    lines = "oidc_set_header X-Padding $oidc_claim_padding;"
    site.start(lines, http=http, provider=SCOPE + "sessions_per_subject 10000;")
    browsers = [site.customer() for _ in range(120)]
    assert site.is_customer(browsers[-1])
    wait_until(lambda: "is full" in site.nginx.log(), "the line", 5)
    lines = [line for line in site.nginx.log().splitlines() if "is full" in line]
    assert len(lines) <= 2 and "oidc_session_zone zone=oidc_default:1m" in lines[0]


# nginx -t


def test_nginx_t_touches_nothing(kept):
    assert kept.site.check(http=kept.http("both")).ok
    assert not kept.memory.exists() and not kept.snapshot.exists()


@pytest.mark.parametrize("how", ["file", "snapshot"])
def test_zone_that_is_kept_needs_a_key_that_is_kept(kept, how):
    http = kept.http(how).split(";", 1)[1]
    verdict = kept.site.check(http=http)
    assert not verdict.ok and "openssl rand -hex 32" in verdict.text and "secret_key_file" in verdict.text


def test_file_on_a_disk_is_warned_of(kept):
    verdict = kept.site.check(http=kept.http().replace(str(kept.memory), "/var/lib/oidc-test-zone"))
    assert verdict.ok and "on a disk" in verdict.text and "/dev/shm" in verdict.text


@pytest.mark.parametrize("word", ["file=relative", "file=/nowhere/at/all", "snapshot=relative", "snapshot=/nowhere/x"])
def test_place_that_can_not_be_is_refused(kept, word):
    verdict = kept.site.check(http=f"secret_key_file {kept.key}; oidc_session_zone zone=a:2m {word};")
    assert not verdict.ok and word.partition("=")[0] + "=" in verdict.text


def test_snapshot_where_workers_may_not_write_is_refused(kept, tmp_path):
    tmp_path.chmod(0o755)
    kept.site.nginx.user = "daemon"
    verdict = kept.site.check(http=kept.http("snapshot"))
    assert not verdict.ok and "daemon" in verdict.text and "install -d -m 700 -o daemon" in verdict.text


def test_zone_for_less_than_a_thousand_customers_is_warned_of(site):
    verdict = site.check(http="oidc_session_zone zone=small:256k;")
    assert verdict.ok and "[warn]" in verdict.text and "zone=small:1m" in verdict.text
