"""Several nginx that share their sessions through Redis, as behind a load balancer: the host is the same, the
ports differ, and so a browser's cookies go to all."""

from support.backend import header
from support.ports import wait_until
from support.site import SCOPE

KEY = "4f" * 32
LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location /open/ { auth_oidc off; proxy_pass @BACKEND@; }
    location = /status { auth_oidc off; oidc_status; }
    location = /auth { internal; oidc_check; }
    location /asked/ { auth_oidc off; auth_request /auth; proxy_pass @BACKEND@; }
"""
LINES = SCOPE + "session_store customers; logout_uri /logout; frontchannel_logout_uri /front;"


class Nodes:
    def __init__(self, make_site, provider, folder, redis):
        self.make_site, self.provider, self.redis = make_site, provider, redis
        self.key = folder / "session.key"
        self.key.write_text(KEY + "\n")

    def parts(self, words="", lines="", url=None):
        zone = f"oidc_session_zone zone=customers:2m redis={url or self.redis.url} {words};"
        return {"http": f"{zone} secret_key_file {self.key};", "provider": LINES + lines}

    def start(self, words="", lines="", *, url=None, connected=True, **options):
        """One more node. `words`: parameters of the session zone. `lines`: of the provider's block."""
        node = self.make_site(self.provider)
        node.start("", LOCATIONS, **self.parts(words, lines, url), **options)
        if connected:
            wait_until_connected(node)
        return node

    def reload(self, node, words="", lines="", **options):
        node.reload("", LOCATIONS, **self.parts(words, lines), **options)


def redis_status(node):
    """What the node's worker says of its Redis."""
    (zone,) = node.browser().fetch(node.url("/status")).json()["session_zones"]
    return zone["redis"]


def wait_until_connected(node, seconds=20):
    wait_until(lambda: redis_status(node)["connected"], f"Redis:\n{node.nginx.log()[-1500:]}", seconds)


def wait_until_away(node, seconds=20):
    wait_until(lambda: not redis_status(node)["connected"], "the loss of Redis to be noticed", seconds)


def who(node, browser, path="/"):
    """The customer whom the backend is told of; None: a login is asked for."""
    answer = browser.open(node.url(path), follow=False)
    assert answer.status in (200, 302), f"{path} answers {answer.status}"
    return header(answer.json(), "X-Customer-Id") if answer.status == 200 else None
