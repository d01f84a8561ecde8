"""However the address of a page is spelled, a login ends on this site, and at the very page where that is one."""

import re
from urllib.parse import quote, urlsplit

import pytest
from support.browser import target_of
from support.connection import NAVIGATION, Connection, cookie_field
from support.site import SCOPE

LINES = SCOPE + " login_uri /login;"
LONG = "/" + "a" * 400
TOO_LONG = "/" + "a" * 9000
WIDE = "large_client_header_buffers 4 64k;"


def origin_for_a_browser(location, base):
    """Where a browser goes, by the rules that browsers share (WHATWG URL): they drop tabs and line breaks, take a
    backslash for a slash, and need no slashes behind a scheme."""
    text = re.sub("[\t\r\n]", "", location).strip("".join(map(chr, range(0x21)))).replace("\\", "/")
    scheme, _, rest = text.partition(":")
    if re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme) and text != scheme:
        if scheme.lower() not in ("http", "https"):
            return scheme.lower() + ":"
        rest = rest.lstrip("/")
    elif text.startswith("//"):
        scheme, rest = urlsplit(base).scheme, text.lstrip("/")
    else:
        return base
    authority = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme.lower()}://{authority.lower()}"


@pytest.mark.parametrize(
    "location, origin",
    [
        ("/x", "http://a.example"), ("x?//b.example", "http://a.example"), ("//b.example/x", "http://b.example"),
        ("/\\b.example", "http://b.example"), ("\t/\n/b.example", "http://b.example"),
        ("///b.example", "http://b.example"), ("https:b.example/x", "https://b.example"),
        ("http://a.example@b.example/", "http://b.example"), ("javascript:x", "javascript:"),
        ("http:\\\\B.example\\x", "http://b.example"), ("/.//b.example", "http://a.example"),
    ],
)  # fmt: skip
def test_rules_of_browsers_are_known_here(location, origin):
    assert origin_for_a_browser(location, "http://a.example") == origin


# What is no page of this site, or looks as if it were none; as bytes of the request

EVIL = [
    "/\\evil.example", "\\\\evil.example", "//evil.example", "///evil.example", "////evil.example/x",
    "/%09/evil.example", "/\t/evil.example", "/%0d%0aSet-Cookie:%20x=1", "/%0a/evil.example", "/%5cevil.example",
    "/%5C%5Cevil.example", "/.//evil.example", "/./\\evil.example", "/..//evil.example", "/x/..//evil.example",
    "/;@evil.example", "/@evil.example", "//a@evil.example", "//localhost@evil.example/",
    "//localhost:80@evil.example", "https:evil.example", "http:///evil.example", "https://evil.example/",
    "HTTPS://EVIL.example", "javascript:alert(1)", "//evil%2eexample", "//evil\u3002example", "//evil\uff0eexample",
    "//evil%e3%80%82example", "//evil%ef%bc%8eexample", "/\u2044/evil.example", "/%2fevil.example",
    "%2f%2fevil.example", "/%2f%2fevil.example", "/%252fevil.example", "/%00/evil.example",
    "//evil.example%00.localhost", "/\x01/evil.example", "/\x7f/evil.example", "//[::1]@evil.example", "//0x7f.1",
    "/?/../\\evil.example", "?//evil.example", "#//evil.example", "/#@evil.example", "//evil.example:80#@localhost",
    ".evil.example", "@evil.example", ":80@evil.example", ";//evil.example", "/ /evil.example", "/%20//evil.example",
    "/\xa0/evil.example", "/\x85//evil.example", TOO_LONG, "//" + "evil.example/" * 300,
]  # fmt: skip

# Odd paths that are pages of this site: the customer comes back to the same bytes
ODD = [
    "/;@evil.example", "/@evil.example", "/.//x", "/a//b", "/a/./b/../c", "/%5cx", "/%2f%2fx", "/%2Fx", "/%252f",
    "/x%20y", "/:80", "/https://evil.example/", "/http:evil.example", "/x?r=//evil.example&s=%5c", "/x?", "/x??",
    "/x?=", "/%E3%82%8B\u308b", "/caf\u00e9", "/a%01b", "/x%09y", "/x%0d%0ay", "/'\"<>^`{|}", "/~x!$&()*+,;=:@",
    "/%25", "/x?%zz", "/" + "a/" * 200, LONG,
]  # fmt: skip


def show(text):
    """A readable name for a case."""
    return ascii(text)[1:-1] if len(text) < 60 else f"{ascii(text)[1:13]}... ({len(text)} characters)"


evil = pytest.mark.parametrize("wanted", EVIL, ids=show)
odd = pytest.mark.parametrize("wanted", ODD, ids=show)


def fully_quoted(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


def as_it_is(text):
    """Only what would end the request line, or the parameter, is encoded."""
    return quote(text, safe="/\\%:;@?[]!$'()*,=~")


def stays_here(site, answer):
    """No answer of ours leads anywhere else, whatever its status."""
    for location in answer.all("Location"):
        assert origin_for_a_browser(location, site.origin) in (site.origin, site.provider.issuer), location
        assert not re.search("[\t\r\n\0\\\\]", location)
    assert not [text for text in answer.all("Set-Cookie") if not text.startswith("NGX_OIDC_")]


def login_from(site, connection, target):
    """A login begun by this request; the answer of the callback, None where none begins."""
    answer = connection.ask(target, extra=NAVIGATION)
    stays_here(site, answer)
    if not site.goes_to_provider(answer):
        assert answer.status >= 400 and "evil.example" not in answer.text, answer.status
        return None
    back = site.browser().open(answer.location, follow=False).location
    site.secrets.add_url(back)
    ended = connection.ask(target_of(back), extra=NAVIGATION + cookie_field(answer))
    assert ended.status == 302, ended.status
    stays_here(site, ended)
    assert origin_for_a_browser(ended.location, "elsewhere:") == site.origin
    return ended


@evil
def test_login_link_stays_on_the_site_with(site, wanted):
    """For a visitor, who logs in, and for a customer, who is led to the page at once."""
    site.start(WIDE, provider=LINES)
    links = ["/login?return_to=" + spelled(wanted) for spelled in (fully_quoted, as_it_is)]
    with Connection(site) as connection:
        for link in links:
            assert login_from(site, connection, link), "no login begins"
    browser = site.customer()
    for link in links:
        answer = browser.open(site.url(link), follow=False)
        assert answer.status == 302
        stays_here(site, answer)
        assert origin_for_a_browser(answer.location, "elsewhere:") == site.origin


@evil
def test_protected_page_stays_on_the_site_when_asked_for_as(site, wanted):
    """The bytes as they are, which no browser would send; and the address that a program is told."""
    site.start()
    with Connection(site) as connection:
        login_from(site, connection, wanted)
    with Connection(site) as connection:
        answer = connection.ask(wanted, extra="Accept: */*\r\n")
    stays_here(site, answer)
    if answer.status == 401:
        assert origin_for_a_browser(answer.json()["login_url"], "elsewhere:") == site.origin
    else:
        assert answer.status >= 400 and "evil.example" not in answer.text


@odd
def test_customer_comes_to_the_same_bytes_of(site, wanted):
    """After a login that began there, and by a login link."""
    site.start(provider=LINES)
    with Connection(site) as connection:
        ended = login_from(site, connection, wanted)
        link = connection.ask("/login?return_to=" + fully_quoted(wanted), extra=NAVIGATION + cookie_field(ended))
    for answer in (ended, link):
        assert answer.location.encode("latin-1") == (site.origin + wanted).encode()


def test_page_too_long_for_any_address_begins_no_login_that_ends_elsewhere(site):
    site.start(WIDE)
    with Connection(site) as connection:
        ended = login_from(site, connection, TOO_LONG + "?x=" + "y" * 9000)
    assert ended.location in (site.url(TOO_LONG), site.url("/"))
