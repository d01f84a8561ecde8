"""What every test may ask for. Whatever a test does, nginx has to end in peace and keep secrets out of its logs."""

import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from support import profiles  # noqa: E402
from support.backend import Backend  # noqa: E402
from support.certificates import Authority  # noqa: E402
from support.examples import Example  # noqa: E402
from support.fake_provider import FakeProvider  # noqa: E402
from support.fastcgi import FastCgi  # noqa: E402
from support.key_files import write_keys  # noqa: E402
from support.known_secrets import KnownSecrets  # noqa: E402
from support.nodes import Nodes  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.real_provider import RealProvider  # noqa: E402
from support.redis import Redis  # noqa: E402
from support.refusals import KEY, REQUIRED  # noqa: E402
from support.site import Site  # noqa: E402


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def one_backend():
    running = Backend()
    yield running
    running.stop()


@pytest.fixture
def backend(one_backend):
    one_backend.seen.clear()
    return one_backend


@pytest.fixture
def fastcgi():
    running = FastCgi()
    yield running
    running.stop()


@pytest.fixture
def secrets():
    return KnownSecrets()


@pytest.fixture
def make_provider(secrets):
    started = []

    def make(**options):
        started.append(FakeProvider(secrets, **options))
        return started[-1]

    yield make
    for one in started:
        one.stop()


@pytest.fixture
def provider(make_provider):
    return make_provider()


@pytest.fixture
def held(provider):
    """held("token"): that endpoint answers nobody until the event is set that it returns."""
    events = []

    def hold(endpoint, **order):
        events.append(threading.Event())
        provider.behave(**{endpoint: {"until": events[-1], **order}})
        return events[-1]

    yield hold
    for event in events:
        event.set()


@pytest.fixture
def make_site(tmp_path, secrets, backend, authority, make_provider):
    """Sites that may be started; all are stopped and looked through at the end."""
    made = []

    def make(provider=None, **options):
        prefix = tmp_path / f"nginx-{len(made)}"
        made.append(Site(prefix, secrets, provider or make_provider(), backend, authority, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()
    complaints = [complaint for one in made for complaint in one.nginx.complaints(secrets)]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def site(make_site, provider):
    """http://localhost, with the provider that a test can make misbehave."""
    return make_site(provider)


@pytest.fixture
def tls_site(make_site, provider):
    """https://shop.example"""
    return make_site(provider, host="shop.example", tls=True)


@pytest.fixture
def example(make_site, secrets):
    """example("okta"): the site of that file in conf-examples, with a fake of its provider."""
    made = []

    def make(name):
        made.append(profiles.NAMES[name](secrets))
        return Example(name, make_site, made[-1])

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def make_redis(tmp_path):
    """Redis servers, each in a folder of its own."""
    made = []

    def make(**options):
        made.append(Redis(tmp_path / f"redis-{len(made)}", **options))
        return made[-1].start()

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def redis(make_redis):
    return make_redis()


@pytest.fixture
def nodes(make_site, provider, tmp_path, redis):
    """Nodes that share their sessions through this Redis."""
    return Nodes(make_site, provider, tmp_path, redis)


@pytest.fixture(scope="session")
def real_ports():
    return {"http": free_port(), "https": free_port()}


@pytest.fixture(scope="session")
def running_real_provider(real_ports):
    uris = [
        f"http://localhost:{real_ports['http']}/oidc_callback",
        f"https://shop.example:{real_ports['https']}/oidc_callback",
    ]
    running = RealProvider(uris)
    yield running
    running.stop()


@pytest.fixture
def real_provider(running_real_provider, secrets):
    running_real_provider.know(secrets)
    return running_real_provider


@pytest.fixture
def real_site(make_site, real_provider, real_ports):
    """http://localhost, with oidc-provider."""
    return make_site(real_provider, port=real_ports["http"])


@pytest.fixture
def real_tls_site(make_site, real_provider, real_ports):
    """https://shop.example, with oidc-provider."""
    return make_site(real_provider, host="shop.example", tls=True, port=real_ports["https"])


@pytest.fixture
def check(site, tmp_path):
    """nginx -t of lines at each level, with some files in @DIR@."""
    (tmp_path / "empty").write_text("")
    (tmp_path / "secret").write_text("s3cret-of-the-test\n")
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "short").write_text("4f4f\n")
    write_keys(tmp_path)

    def run(provider=None, http="", server="", location="", required=REQUIRED):
        block = "" if provider is None else f"oidc_provider shop {{ {required} {provider} }}\n"
        text = f"{block}{http}\nserver {{ @LISTEN@ {server} location / {{ {location} }} }}"
        files = {"@DIR@": str(tmp_path), "@CA@": str(site.authority.file)}
        for name, value in files.items():
            text = text.replace(name, value)
        return site.check(text=text)

    return run
