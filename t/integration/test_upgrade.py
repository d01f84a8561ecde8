"""nginx and the module are replaced while customers are there, as the README says, and back."""

import signal
from pathlib import Path

import pytest
from support.daemon import Daemon
from support.load import Load, customer, visitor
from support.nginx import SLOW
from support.ports import wait_until
from support.site import SCOPE


@pytest.fixture
def site(make_site, provider):
    return make_site(provider, nginx=Daemon)


def loaded_module(site, master):
    """(inode, whether its name has gone to another file)"""
    lines = Path(f"/proc/{master.pid}/maps").read_text().splitlines()
    fields = next(line.split() for line in lines if str(site.nginx.module) in line)
    return int(fields[4]), fields[-1] == "(deleted)"


def wind_down(site, old):
    """The old one serves nobody any more, but could again."""
    old.send_signal(signal.SIGWINCH)
    wait_until(lambda: not site.nginx.workers_of(old), "the end of the old workers", 10 * SLOW)


def no_refusal(outcomes):
    """Nobody gets an error or no answer, and no customer has to log in again."""
    return set(outcomes) <= {"page", "redirect"}


def test_upgrade_loads_the_module_that_was_installed(site):
    site.start(workers=2).customer()
    before = loaded_module(site, site.nginx.process)
    site.nginx.install()
    old = site.nginx.upgrade()
    assert loaded_module(site, old) == (before[0], True)
    assert loaded_module(site, site.nginx.process) == (site.nginx.module.stat().st_ino, False)
    assert before[0] != site.nginx.module.stat().st_ino
    site.nginx.end(old)
    site.customer()


def test_reload_goes_on_with_the_old_module(site):
    browser = site.start().customer()
    before = loaded_module(site, site.nginx.process)
    site.nginx.install()
    site.reload()
    assert loaded_module(site, site.nginx.process) == (before[0], True)
    assert site.is_customer(browser)


def test_nobody_is_refused_or_logged_out_by_an_upgrade(site):
    site.start(workers=2)
    browsers = [site.customer() for _ in range(3)]
    with Load(*(customer(site, one) for one in browsers), visitor(site), visitor(site)) as load:
        site.nginx.install()
        old = site.nginx.upgrade()
        so_far = load.outcomes["page"]
        wait_until(lambda: load.outcomes["page"] > so_far + 20, "answers of both", 10 * SLOW)
        wind_down(site, old)
        site.nginx.end(old)
        so_far = load.total()
        wait_until(lambda: load.total() > so_far + 20, "answers of the new one", 10 * SLOW)
    assert no_refusal(load.outcomes), load.outcomes
    assert all(site.is_customer(browser) for browser in browsers)


def test_upgrade_may_be_taken_back_without_losing_a_session(site):
    browser = site.start(workers=2).customer()
    with Load(customer(site, browser), visitor(site), visitor(site)) as load:
        old = site.nginx.upgrade()
        wind_down(site, old)
        so_far = load.outcomes["page"]
        wait_until(lambda: load.outcomes["page"] > so_far + 10, "answers of the new one", 10 * SLOW)
        between = site.customer()
        site.nginx.roll_back(old)
        so_far = load.outcomes["page"]
        wait_until(lambda: load.outcomes["page"] > so_far + 10, "answers of the old one", 10 * SLOW)
    assert no_refusal(load.outcomes), load.outcomes
    assert site.is_customer(browser) and site.is_customer(between)


def test_login_begun_before_an_upgrade_is_finished_after_it_where_there_is_a_secret_key_file(site, tmp_path):
    (tmp_path / "key").write_text("4f" * 32 + "\n")
    browser = site.start(provider=SCOPE + f"secret_key_file {tmp_path}/key;").browser()
    callback = site.begin(browser, "/page")
    site.nginx.end(site.nginx.upgrade())
    assert site.come_back(browser, callback, follow=True).json()["target"] == "/page"


