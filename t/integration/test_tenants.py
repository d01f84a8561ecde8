"""Many tenants: the host says which provider a visitor logs in at."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.backend import header
from support.ports import free_port, wait_until
from support.real_provider import ZOE, RealProvider
from support.site import SCOPE
from support.tenants import Registered, tenants, url_of

FETCHED_AHEAD = 20
QUICK = SCOPE + "timeout connect=1s total=2s;"


def names(count):
    return [f"tenant-{number}" for number in range(count)]


class Tenants:
    """A site whose tenants are registered with one provider or with one each."""

    def __init__(self, site, providers, lines=SCOPE):
        self.site, self.providers, self.lines = site, providers, lines

    @property
    def text(self):
        return tenants(self.site, self.providers, self.lines, "location = /status { auth_oidc off; oidc_status; }")

    def start(self, **options):
        self.site.start(text=self.text, **options)
        return self

    def url(self, name, path="/"):
        return url_of(name, self.site.port, path)

    def open(self, name, path="/", browser=None, **options):
        return (browser or self.site.browser()).open(self.url(name, path), **options)


@pytest.fixture
def apart(make_site, make_provider):
    """So many tenants with a provider each."""

    def make(count, lines=SCOPE):
        providers = {name: make_provider() for name in names(count)}
        for name, one in providers.items():
            one.customer["sub"] = f"customer-of-{name}"
        return Tenants(make_site(providers["tenant-0"]), providers, lines)

    return make


@pytest.fixture
def together(make_site, provider):
    """So many tenants of one provider, which counts who asks for the metadata of which."""

    def make(count):
        return Tenants(make_site(provider), {name: Registered(provider, name) for name in names(count)})

    return make


def fetched(provider):
    """How often the metadata of each tenant were asked for."""
    asked = [seen.query["of"] for seen in provider.seen("discovery")]
    return {name: asked.count(name) for name in set(asked)}


def known_as(answer):
    assert answer.status == 200
    return header(answer.json(), "X-Provider"), header(answer.json(), "X-Who")


# Whose customer


@pytest.fixture(scope="module")
def real_tenants():
    """A port, and a certified provider of two tenants beside that of a third."""
    port = free_port()
    uris = [url_of(name, port, "/oidc_callback") for name in names(3)]
    running = [RealProvider(uris[:2]), RealProvider(uris[2:])]
    yield port, {"tenant-0": running[0], "tenant-1": running[0], "tenant-2": running[1]}
    for one in running:
        one.stop()


def test_each_host_logs_in_at_the_provider_of_its_tenant(make_site, real_tenants, secrets):
    port, providers = real_tenants
    for one in providers.values():
        one.know(secrets)
    lines = SCOPE + 'extra_auth_args "login_hint=zoe";'
    all_three = Tenants(make_site(providers["tenant-0"], port=port), providers, lines).start()
    browser = all_three.site.browser()
    for name, provider in providers.items():
        answer = all_three.open(name, "/cart?x=1", browser)
        assert known_as(answer) == (name, ZOE["sub"]) and answer.json()["target"] == "/cart?x=1"
        assert answer.history[0].location.startswith(provider.issuer + "/")
        assert answer.history[0].location_parameters["redirect_uri"] == all_three.url(name, "/oidc_callback")


def test_session_cookie_of_one_tenant_opens_nothing_at_the_host_of_another(apart, backend):
    two = apart(2).start()
    browser = two.site.browser()
    assert known_as(two.open("tenant-0", browser=browser)) == ("tenant-0", "customer-of-tenant-0")
    session = browser.cookies(two.url("tenant-0"))["__Host-NGX_OIDC_SESSION"]
    for name in ("__Host-NGX_OIDC_SESSION", "__Host-NGX_OIDC_SESSION_tenant-1"):
        browser.set_cookie(two.url("tenant-1"), name, session)
    backend.seen.clear()
    assert two.open("tenant-1", browser=browser, follow=False).status == 302 and backend.seen == []


def test_host_of_no_tenant_is_an_error_that_is_logged_and_never_open(apart, backend):
    one = apart(1).start()
    assert one.open("nobody").status == 500 and backend.seen == []
    assert "the variable names no oidc_provider" in one.site.nginx.log()


# When metadata are fetched


def test_metadata_of_twenty_providers_are_fetched_ahead_and_of_others_on_first_use(apart):
    many = apart(FETCHED_AHEAD + 10).start(workers=2)
    providers = list(many.providers.values())
    wait_until(lambda: all(one.seen("jwks") for one in providers[:FETCHED_AHEAD]), "the first metadata")
    assert known_as(many.open("tenant-25"))[0] == "tenant-25"
    asked = [len(one.seen("discovery")) for one in providers]
    assert asked == [1] * FETCHED_AHEAD + [number == 25 for number in range(20, 30)]


@pytest.mark.parametrize("workers", [1, 2])
def test_first_visitors_of_a_tenant_all_wait_for_one_fetch(together, provider, workers):
    many = together(FETCHED_AHEAD + 5).start(workers=workers)
    wait_until(lambda: len(fetched(provider)) == FETCHED_AHEAD, "the first metadata")
    provider.behave(discovery={"delay": 0.5})
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: many.open("tenant-22", follow=False), range(20)))
    assert all(answer.location.startswith(provider.issuer + "/authorize?") for answer in answers)
    assert fetched(provider)["tenant-22"] == 1


@pytest.mark.parametrize("count", [30, 2000])
def test_metadata_outlive_a_reload(together, provider, count):
    many = together(count).start()
    used = [f"tenant-{number}" for number in range(0, count, count // 10)]
    browser = many.site.browser()
    for name in used:
        assert known_as(many.open(name, browser=browser))[0] == name
    wait_until(lambda: len(fetched(provider)) >= FETCHED_AHEAD, "the first metadata")
    before = fetched(provider)
    many.site.reload(text=many.text)
    for name in used:
        assert many.open(name, browser=browser, follow=False).status == 200
        assert known_as(many.open(name))[0] == name
    assert fetched(provider) == before and len(before) < FETCHED_AHEAD + len(used)


def test_status_shows_all_of_two_thousand_and_fetches_none(together, provider):
    many = together(2000).start()
    wait_until(lambda: len(provider.seen("jwks")) == FETCHED_AHEAD, "the first metadata")
    shown = many.open("tenant-7", "/status").json()["providers"]
    there = [one["name"] for one in shown if one["metadata"] == "present"]
    assert len(shown) == 2000 and there == names(FETCHED_AHEAD)
    assert len(provider.seen("discovery")) == FETCHED_AHEAD


# When one is down


@pytest.mark.parametrize("number", [3, 25], ids=["fetched ahead", "fetched on first use"])
def test_tenant_whose_provider_is_away_is_none_of_the_others_business(apart, number):
    many = apart(30, QUICK)
    down = f"tenant-{number}"
    many.providers[down].stop()
    many.start()
    for _ in range(2):
        assert many.open(down).status == 502
        for name in ("tenant-2", "tenant-26"):
            assert known_as(many.open(name))[0] == name
    errors = [line for line in many.site.nginx.log().splitlines() if "[error]" in line]
    assert errors and all(f'provider "{down}"' in line for line in errors)


def test_customers_of_a_tenant_whose_provider_is_away_go_on(apart):
    many = apart(2, QUICK).start()
    browser = many.site.browser()
    assert many.open("tenant-1", browser=browser).status == 200
    many.providers["tenant-1"].stop()
    many.site.reload(text=many.text)
    assert known_as(many.open("tenant-1", browser=browser, follow=False)) == ("tenant-1", "customer-of-tenant-1")
    assert many.open("tenant-0").status == 200
