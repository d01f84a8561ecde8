"""Sites whose backend is told of the access token, and customers whose access token has expired."""

from concurrent.futures import ThreadPoolExecutor

from support.backend import header
from support.site import SCOPE
from support.workers import dial_worker

BEARER = 'oidc_set_header Authorization "Bearer $oidc_access_token";'
CODE = "oidc_set_header X-Code $oidc_error_code; oidc_set_header X-Left $oidc_expires_in;"
LOCATIONS = f"""
    location / {{ proxy_pass @BACKEND@; }}
    location /api/ {{ {BEARER} {CODE} proxy_pass @BACKEND@; }}
    location /open/ {{ auth_oidc off; proxy_pass @BACKEND@; }}
    location = /who {{ auth_oidc off; default_type text/plain; return 200 "$pid"; }}
"""
TIMEOUT = "timeout connect=1s total=2s;"
QUICK = SCOPE + TIMEOUT


def start(site, lines=QUICK, **options):
    return site.start("", LOCATIONS, provider=lines, **options)


def customer(site, provider, **tokens):
    """Whose access token has expired, unless `tokens` says otherwise; the next ones last."""
    provider.behave(token_response={"expires_in": 0, **tokens})
    browser = site.customer()
    provider.behave(token_response={})
    return browser


def told(site, browser, path="/api/"):
    """What the backend is told: access token, error code, seconds that are left."""
    answer = browser.open(site.url(path), follow=False)
    assert answer.status == 200, f"{path} answers {answer.status} {answer.location}"
    names = ("Authorization", "X-Code", "X-Left")
    token, code, left = (header(answer.json(), name) for name in names)
    return token and token.removeprefix("Bearer "), code, left and int(left)


def all_at_once(count, ask):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: ask(), range(count)))


def told_by_two_workers(site, browser, count):
    """What as many requests of one customer are told that come at once, at either worker in turn."""
    ahead, behind = (site.browser(dial=dial_worker(site, pid)) for pid in site.nginx.worker_pids())
    ahead.jar = behind.jar = browser.jar
    turns = iter([ahead, behind] * (count // 2))
    return all_at_once(count, lambda: told(site, next(turns)))
