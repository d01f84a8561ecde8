"""oidc_status: what runs, how the provider and the session zones are, and no secret."""

import json
import re
import subprocess

import pytest
from support import nginx as harness
from support.logout_tokens import logout_token, tell
from support.ports import wait_until
from support.site import SCOPE

LOCATIONS = """
    location / { proxy_pass @BACKEND@; }
    location = /status { auth_oidc off; oidc_status; }
    location = /rule { auth_require $no; proxy_pass @BACKEND@; }
"""
HTTP = "map $host $no { default 0; }"
QUICK = SCOPE + "timeout connect=500ms total=1s;"


def start(site, **parts):
    return site.start("", LOCATIONS, http=HTTP, **parts)


def status(site):
    answer = site.browser().fetch(site.url("/status"))
    assert answer.status == 200 and answer.get("Content-Type") == "application/json"
    assert answer.get("Cache-Control") == "no-store"
    return answer.json()


def taken(site):
    """What the sessions take of the zone."""
    (zone,) = status(site)["session_zones"]
    return {name: zone[name] for name in ("used_bytes", "sessions", "tombstones")}


def metrics(site, accept="text/plain"):
    answer = site.browser().fetch(site.url("/status"), headers=[("Accept", accept)])
    assert answer.status == 200 and answer.get("Content-Type").startswith("text/plain; version=0.0.4")
    samples = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return dict(re.fullmatch(r"([a-z_]+(?:\{.*\})?) (\d+)", line).groups() for line in samples)


def test_build_id_is_that_of_the_file_which_runs(site):
    start(site)
    notes = subprocess.run(["readelf", "-n", harness.MODULE], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = status(site)["module"]
    assert found["build_id"] == re.search(r"Build ID: ([0-9a-f]{40})", notes)[1]
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"]) and re.fullmatch(r"\d+\.\d+\.\d+", found["nginx"])
    assert found["pid"] in site.nginx.worker_pids()


@pytest.mark.parametrize("workers", [1, 2])
def test_logins_logouts_and_refusals_are_counted_over_all_workers(site, provider, workers):
    start(site, workers=workers, provider=SCOPE + "logout_uri /logout;")
    browser = site.customer()
    assert browser.open(site.url("/rule")).status == 403
    browser.click("/logout", follow=False)
    site.browser().open(site.url("/oidc_callback?code=x&state=y"))
    provider.behave(token={"status": 500})
    site.browser().open(site.url("/"))
    counters = status(site)["counters"]
    expected = {"logins_begun": 2, "logins_finished": 1, "logins_refused": 1, "logins_failed": 1, "logouts": 1}
    assert {name: counters[name] for name in expected} == expected
    assert counters["requests_denied"] == 1 and counters["metadata_fetched"] == 1 and counters["metadata_failed"] == 0


def test_sessions_in_each_zone_are_counted(site):
    start(site)
    for _ in range(3):
        site.customer()
    (zone,) = status(site)["session_zones"]
    assert (zone["name"], zone["sessions"], zone["evicted_live"]) == ("oidc_default", 3, 0)
    assert 0 < zone["used_bytes"] < zone["size_bytes"] <= 32 * 1024 * 1024


def test_remembered_logout_is_not_counted_as_a_session(site, provider):
    start(site, provider=SCOPE + "backchannel_logout_uri /told;").customer()
    (zone,) = status(site)["session_zones"]
    assert (zone["sessions"], zone["logout_notes"], zone["tombstones"]) == (1, 0, 0)
    assert tell(site, logout_token(provider)).status == 200
    (zone,) = status(site)["session_zones"]
    assert (zone["sessions"], zone["logout_notes"], zone["tombstones"]) == (0, 1, 1)
    found = metrics(site)
    assert [found[f'nginx_ciam_{name}{{zone="oidc_default"}}'] for name in ("sessions", "logout_notes")] == ["0", "1"]


def test_visitors_take_no_room_in_the_zone(site):
    start(site).customer()
    before = taken(site)
    for _ in range(300):
        site.begin(site.browser())
    assert taken(site) == before


def test_provider_that_is_away_is_told_with_the_reason(site, provider):
    start(site, provider=QUICK).customer()
    (one,) = status(site)["providers"]
    assert (one["name"], one["issuer"], one["metadata"]) == ("shop", provider.issuer, "present")
    assert one["metadata_age_seconds"] < 60 and one["last_failure"] is None
    provider.stop()
    site.stop()
    site.start("", LOCATIONS, http=HTTP, provider=QUICK)
    wait_until(lambda: status(site)["providers"][0]["last_failure"], "the failure")
    (one,) = status(site)["providers"]
    assert one["metadata"] == "missing" and "no connection" in one["last_failure"]
    assert metrics(site)['nginx_ciam_provider_up{provider="shop"}'] == "0"


def test_prometheus_reads_the_same(site):
    start(site).customer()
    found = metrics(site, "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    assert found["nginx_ciam_logins_finished_total"] == "1"
    assert found['nginx_ciam_sessions{zone="oidc_default"}'] == "1"
    assert found['nginx_ciam_provider_up{provider="shop"}'] == "1"
    assert any(name.startswith('nginx_ciam_info{version="') for name in found)


def test_json_is_what_comes_when_it_is_asked_for_first(site):
    start(site)
    answer = site.browser().fetch(site.url("/status"), headers=[("Accept", "application/json, text/plain")])
    assert json.loads(answer.body)["module"]["version"]


def test_status_holds_no_secret_and_no_claim(site, secrets):
    start(site).customer()
    for accept in ("*/*", "text/plain"):
        text = site.browser().fetch(site.url("/status"), headers=[("Accept", accept)]).text
        assert secrets.found_in(text) == []


def test_counters_are_kept_over_a_reload(site):
    start(site).customer()
    site.reload("", LOCATIONS, http=HTTP)
    assert status(site)["counters"]["logins_finished"] == 1


@pytest.mark.parametrize("method, expected", [("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_status_answers_to(site, method, expected):
    start(site)
    body = b"" if method == "POST" else None
    assert site.browser().fetch(site.url("/status"), method=method, body=body).status == expected


def test_status_may_be_kept_from_others_as_any_location(site):
    site.start("", "location / { auth_oidc off; allow 192.0.2.1; deny all; oidc_status; }")
    assert site.browser().fetch(site.url("/status")).status == 403


def test_status_tells_the_module_where_no_provider_is_configured(site):
    site.start(text="server { @LISTEN@ location / { oidc_status; } }")
    answer = site.browser().fetch(site.url("/")).json()
    assert answer["module"]["build_id"] and answer["providers"] == answer["session_zones"] == []
