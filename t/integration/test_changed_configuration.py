"""What a reload changes for customers who are logged in, for those on their way, and for those who come later."""

import re
import signal
import socket

import pytest
from support.nginx import SLOW
from support.ports import wait_until
from support.site import SCOPE, provider_block

SERVER = """
    server { @LISTEN@
        proxy_set_header X-Who $oidc_subject;
        location /a { auth_oidc one; proxy_pass @BACKEND@; }
        %s
    }
"""
SECOND = "location /b { auth_oidc two; proxy_pass @BACKEND@; }"
CALLBACKS = {"one": SCOPE + "redirect_uri /one;", "two": SCOPE + "redirect_uri /two;"}


@pytest.fixture
def two(make_site, make_provider):
    """A site, and the text of its configuration with these of the two providers."""
    providers = {"one": make_provider(), "two": make_provider()}
    site = make_site(providers["one"])

    def text(*names):
        blocks = "".join(provider_block(providers[name], name, CALLBACKS[name]) for name in names)
        return blocks + SERVER % (SECOND if "two" in names else "")

    return site, text


def logged_in(site, path):
    browser = site.browser()
    assert browser.open(site.url(path)).status == 200
    return browser


# Providers that come and go


def test_provider_may_be_added(two):
    site, text = two
    browser = logged_in(site.start(text=text("one")), "/a")
    site.reload(text=text("one", "two"))
    assert site.is_customer(browser, "/a") and not site.is_customer(browser, "/b")
    assert browser.open(site.url("/b")).status == 200
    assert site.is_customer(browser, "/a") and site.is_customer(browser, "/b")


def test_provider_that_is_away_still_gets_visitors_after_another_was_added(two):
    site, text = two
    site.start(text=text("one"))
    logged_in(site, "/a")
    site.provider.stop()
    site.reload(text=text("one", "two"))
    assert site.goes_to_provider(site.browser().open(site.url("/a"), follow=False))


def test_provider_that_is_removed_takes_its_addresses_and_sessions_along(two):
    site, text = two
    browser = logged_in(site.start(text=text("one", "two")), "/a")
    assert browser.open(site.url("/b")).status == 200
    assert browser.open(site.url("/two"), follow=False).status == 400
    site.reload(text=text("one"))
    assert browser.open(site.url("/two"), follow=False).status == 404
    assert browser.open(site.url("/b"), follow=False).status == 404
    assert site.is_customer(browser, "/a")


# A provider that is another one afterwards: (old lines of the block, new ones)

CHANGED = {
    "name": ("oidc_provider shop", "oidc_provider store"),
    "client_id": ("client_id shop;", "client_id shop-2;"),
    "cookie_name": ("scope", "cookie_name OTHER; scope"),
    "secret_key_file": ("scope", "secret_key_file @KEY@; scope"),
    "session_store": ("session_store first", "session_store second"),
}
ZONES = "oidc_session_zone zone=first:2m; oidc_session_zone zone=second:1m;"


def configuration(site, tmp_path, change=("", "")):
    old, new = change
    text = ZONES + site.http(provider=SCOPE + "session_store first;")
    if old == "oidc_provider shop":
        text = text.replace("auth_oidc shop;", "auth_oidc store;")
    return text.replace(old, new.replace("@KEY@", f"{tmp_path}/key"), 1) if old else text


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_customers_log_in_once_more_after_a_reload_with_another(site, provider, tmp_path, change):
    (tmp_path / "key").write_text("4f" * 32 + "\n")
    browser = site.start(text=configuration(site, tmp_path)).customer()
    if "client_id" in change[0]:
        provider.client_id = "shop-2"
    site.reload(text=configuration(site, tmp_path, change))
    assert not site.is_customer(browser)
    assert browser.open(site.url("/")).status == 200
    assert site.is_customer(browser)


def test_sessions_of_the_old_issuer_are_refused_after_it_was_changed(make_site, make_provider):
    site = make_site(make_provider())
    browser = site.start().customer()
    site.provider = make_provider()
    site.reload()
    answer = browser.open(site.url("/"), follow=False)
    assert site.goes_to_provider(answer)
    assert browser.open(site.url("/")).status == 200


def test_issuer_may_change_again_and_again(make_site, make_provider):
    site = make_site(make_provider())
    site.start().customer()
    for _ in range(5):
        site.provider = make_provider()
        site.reload()
        assert site.is_customer(site.customer())


def test_client_secret_may_change_while_customers_are_on_their_way(site, provider, secrets):
    browser, late = site.start().customer(), site.browser()
    callback = site.begin(late, "/page")
    provider.client_secret = "another-secret-of-the-tests"
    secrets.add("client_secret", provider.client_secret)
    site.reload()
    assert site.come_back(late, callback, follow=True).json()["target"] == "/page"
    assert site.is_customer(browser) and site.is_customer(late)


# A reload that fails


BROKEN = {
    "a mistake": lambda text: text + "no_such_directive;",
    "a mistake of ours": lambda text: text.replace("issuer http:", "issuer ftp:"),
    "a port that is taken": lambda text: text + "server { listen 127.0.0.1:@TAKEN@; }",
    "another size of the zone, and a port that is taken": lambda text: (
        text.replace("first:2m", "first:4m") + "server { listen 127.0.0.1:@TAKEN@; }"
    ),
    "another provider, and a port that is taken": lambda text: (
        text + "oidc_provider x { issuer http://localhost:1; client_id x; redirect_uri /x; }"
        "server { listen 127.0.0.1:@TAKEN@; server_name x; auth_oidc x; }"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_reload_that_fails_changes_nothing_with(site, tmp_path, broken):
    text = configuration(site, tmp_path)
    browser = site.start(text=text, workers=2).customer()
    callback = site.begin(late := site.browser(), "/page")
    workers = site.nginx.worker_pids()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fail_to_reload(site, broken(text).replace("@TAKEN@", str(taken.getsockname()[1])))
    assert site.nginx.worker_pids() == workers
    assert site.is_customer(browser)
    assert site.come_back(late, callback, follow=True).json()["target"] == "/page"
    site.reload(text=text)
    assert site.is_customer(browser) and site.is_customer(late)


def fail_to_reload(site, text):
    site.nginx.expects(r"\[emerg\].*(no_such_directive|issuer|could not bind|bind\(\) to)")
    site.nginx.write(site.fill_in(text))
    site.nginx.process.send_signal(signal.SIGHUP)
    # nginx tries a port that is taken for some seconds.
    failed = re.compile(r"\[emerg\].*(no_such_directive|issuer|could not bind)")
    wait_until(lambda: failed.search(site.nginx.log()), "the failure", 20 * SLOW)
