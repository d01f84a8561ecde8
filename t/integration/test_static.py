"""Files that nginx serves itself: nothing of a protected one shows before the login, and nothing is lost after it."""

import gzip

import pytest
from support.connection import Connection, session_field
from support.fake_provider import CUSTOMER
from support.site import SCOPE

PAGE = "<html>the catalogue</html>"
LARGE = "".join(f"line {number}\n" for number in range(200_000))


@pytest.fixture
def files(tmp_path):
    """A directory with what the locations below serve."""
    root = tmp_path / "files"
    for name, text in {
        "index.html": "<html>start</html>",
        "docs/index.html": PAGE,
        "docs/large.txt": LARGE,
        "docs/empty.txt": "",
        "docs/packed.txt": "packed\n",
        "list/secret-name.pdf": "pdf",
        "free/index.html": "<html>free</html>",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "docs/packed.txt.gz").write_bytes(gzip.compress(b"packed\n"))
    return root


@pytest.fixture
def shop(site, files):
    locations = f"""
        root {files};
        location / {{ }}
        location /docs/ {{ gzip_static on; }}
        location /list/ {{ autoindex on; autoindex_format json; }}
        location /alias/ {{ alias {files}/docs/; }}
        location ~ ^/v\\d+/(.+)$ {{ alias {files}/docs/$1; }}
        location /try/ {{ try_files $uri /docs/index.html; }}
        location /or/ {{ try_files $uri @backend; }}
        location @backend {{ proxy_pass @BACKEND@; }}
        location /free/ {{ auth_oidc off; }}
        location /app/ {{ proxy_pass @BACKEND@; }}
    """
    return site.start("", locations)


SERVED = {
    "/": "<html>start</html>", "/docs/": PAGE, "/docs/index.html": PAGE, "/docs/large.txt": LARGE,
    "/docs/empty.txt": "", "/alias/index.html": PAGE, "/alias/": PAGE, "/v2/index.html": PAGE,
    "/try/anything": PAGE, "/docs/packed.txt": "packed\n",
}  # fmt: skip


@pytest.mark.parametrize("path", SERVED)
def test_file_is_served_after_the_login_and_not_before(shop, path):
    browser = shop.browser()
    before = browser.open(shop.url(path), follow=False)
    assert shop.goes_to_provider(before) and before.body == b""
    program = browser.fetch(shop.url(path))
    assert program.status == 401 and program.get("ETag") is None and program.get("Last-Modified") is None
    after = browser.open(shop.url(path))
    assert after.status == 200 and after.text == SERVED[path]


def test_missing_file_does_not_show_before_the_login(shop):
    browser = shop.browser()
    assert shop.goes_to_provider(browser.open(shop.url("/docs/none"), follow=False))
    assert browser.fetch(shop.url("/docs/none")).status == 401
    assert browser.open(shop.url("/docs/none")).status == 404


def test_listing_of_a_directory_needs_the_login(shop):
    assert "secret-name" not in shop.browser().fetch(shop.url("/list/")).text
    assert [one["name"] for one in shop.browser().open(shop.url("/list/")).json()] == ["secret-name.pdf"]


@pytest.mark.parametrize("path", ["/docs", "/list", "/docs?x=1", "/app"])
def test_directory_without_its_slash_leads_to_the_login_in_the_end(shop, path):
    browser = shop.browser()
    answer = browser.open(shop.url(path), follow=False)
    while answer.status == 301:
        assert answer.location.startswith(shop.origin + "/")
        answer = browser.open(answer.location, follow=False)
    assert shop.goes_to_provider(answer)
    assert browser.open(shop.url(path)).status == 200


@pytest.mark.parametrize("path", ["/free/../docs/index.html", "/free/%2e%2e/docs/", "/free/..%2fdocs/index.html"])
def test_spelling_of_a_path_opens_no_protected_file(shop, path):
    answer = shop.browser().open(shop.url(path), follow=False)
    assert shop.goes_to_provider(answer) and PAGE not in answer.text


def test_file_of_an_open_location_needs_no_login(shop):
    assert shop.browser().open(shop.url("/free/"), follow=False).text == "<html>free</html>"


def test_what_is_no_file_goes_to_the_backend_after_the_login(shop):
    browser = shop.browser()
    assert shop.goes_to_provider(browser.open(shop.url("/or/x?y=1"), follow=False))
    assert browser.open(shop.url("/or/x?y=1")).json()["target"] == "/or/x?y=1"


def test_file_that_the_backend_sends_nginx_to_is_for_customers_alone(site, files, backend):
    """X-Accel-Redirect."""
    locations = f"location / {{ proxy_pass @BACKEND@; }} location /store/ {{ internal; alias {files}/docs/; }}"
    browser = site.start("", locations).browser()
    assert site.goes_to_provider(browser.open(site.url("/buy?accel=/store/index.html"), follow=False))
    assert backend.seen == []
    assert browser.open(site.url("/buy?accel=/store/index.html")).text == PAGE
    assert browser.open(site.url("/store/index.html")).status == 404


def test_page_with_ssi_knows_the_customer_and_nobody_else(site, files):
    (files / "who.html").write_text('<!--# echo var="oidc_claim_email" default="nobody" -->')
    locations = f"root {files}; ssi on; location / {{ }} location = /who.html {{ auth_oidc_mode optional; }}"
    browser = site.start("", locations).browser()
    assert browser.open(site.url("/who.html"), follow=False).text == "nobody"
    browser.open(site.url("/"))
    assert browser.open(site.url("/who.html")).text == CUSTOMER["email"]


# Parts, copies and compression


PARTS = {"bytes=0-9": LARGE[:10], "bytes=-10": LARGE[-10:], "bytes=100-": LARGE[100:]}


@pytest.mark.parametrize("asked", PARTS)
def test_part_of_a_file_is_for_customers_alone(shop, asked):
    fields = [("Range", asked)]
    browser = shop.browser()
    before = browser.open(shop.url("/docs/large.txt"), headers=fields, follow=False)
    assert shop.goes_to_provider(before) and before.get("Content-Range") is None
    after = browser.open(shop.url("/docs/large.txt"), headers=fields)
    assert (after.status, after.text) == (206, PARTS[asked])


@pytest.mark.parametrize("range_", ["bytes=2-5", "bytes=99999999-"], ids=["a part", "nothing"])
def test_range_does_not_cut_an_answer_of_the_module(shop, range_):
    answer = shop.browser().fetch(shop.url("/docs/large.txt"), headers=[("Range", range_)])
    assert answer.status == 401 and answer.json()["error"] == "login_required"


def test_part_of_a_proxied_answer_is_for_customers_alone(site):
    site.start("proxy_force_ranges on;")
    browser = site.browser()
    fields = [("Range", "bytes=0-0")]
    assert site.goes_to_provider(browser.open(site.url("/app/x"), headers=fields, follow=False))
    answer = browser.open(site.url("/app/x"), headers=fields)
    assert answer.status == 206 and answer.text == "{"


@pytest.mark.parametrize("condition", [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")], ids=" ".join)
def test_copy_of_a_file_is_confirmed_to_customers_alone(shop, condition):
    sent, given = condition
    customer = shop.customer("/docs/index.html")
    fields = [(sent, customer.open(shop.url("/docs/index.html")).get(given))]
    assert customer.open(shop.url("/docs/index.html"), headers=fields).status == 304
    visitor = shop.browser()
    assert shop.goes_to_provider(visitor.open(shop.url("/docs/index.html"), headers=fields, follow=False))
    assert visitor.fetch(shop.url("/docs/index.html"), headers=fields).status == 401


CONDITIONS = [("If-None-Match", "*"), ("If-Match", '"x"'), ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]


@pytest.mark.parametrize("condition", CONDITIONS, ids=" ".join)
def test_condition_does_not_change_an_answer_of_the_module(shop, condition):
    browser = shop.browser()
    assert browser.fetch(shop.url("/docs/index.html"), headers=[condition]).status == 401
    assert shop.goes_to_provider(browser.open(shop.url("/docs/index.html"), headers=[condition], follow=False))


GZIP = "gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any;"
PACKED = [("Accept-Encoding", "gzip")]


def unpacked(answer):
    assert answer.get("Content-Encoding") == "gzip"
    return gzip.decompress(answer.body).decode()


def test_compression_leaves_every_answer_readable(site, files):
    """nginx itself compresses nothing but 200, 403 and 404."""
    locations = f"location / {{ root {files}; }} location /app/ {{ proxy_pass @BACKEND@; }}"
    site.start(GZIP, locations, provider=SCOPE + " logout_uri /logout;")
    browser = site.browser()
    assert site.goes_to_provider(browser.open(site.url("/docs/"), headers=PACKED, follow=False))
    assert browser.fetch(site.url("/docs/"), headers=PACKED).json()["error"] == "login_required"
    browser.open(site.url("/"))
    assert unpacked(browser.open(site.url("/docs/"), headers=PACKED)) == PAGE
    assert '"/app/x"' in unpacked(browser.open(site.url("/app/x"), headers=PACKED))
    asked = browser.open(site.url("/logout"), headers=PACKED, initiator="https://elsewhere.example/")
    assert asked.status == 200 and "<form" in unpacked(asked)


def test_head_of_an_answer_that_would_be_compressed_has_no_body(site):
    site.start(GZIP)
    with Connection(site) as connection:
        assert connection.ask("/", "HEAD", "Accept-Encoding: gzip\r\n").status == 401
        assert connection.ask("/oidc_callback", "HEAD", "Accept-Encoding: gzip\r\n").status == 400
        assert connection.ask("/open/").status == 200


def test_filters_of_the_site_leave_redirects_alone_and_change_pages(site, files):
    lines = "sub_filter_once off; sub_filter_types *; sub_filter catalogue shelf;"
    site.start(lines + "add_header X-Shop yes always; expires 1h;", f"location / {{ root {files}; }}")
    browser = site.browser()
    answer = browser.open(site.url("/docs/"), follow=False)
    assert site.goes_to_provider(answer) and answer.get("X-Shop") == "yes"
    assert "no-store" in ", ".join(answer.all("Cache-Control"))
    assert browser.open(site.url("/docs/")).text == PAGE.replace("catalogue", "shelf")


def test_large_file_comes_whole_on_a_connection_that_goes_on(shop):
    cookies = session_field(shop, shop.customer("/docs/"))
    with Connection(shop) as connection:
        for _ in range(3):
            assert connection.ask("/docs/large.txt", extra=cookies).text == LARGE
