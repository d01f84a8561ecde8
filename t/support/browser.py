"""A user agent on bare sockets: what it sends is exactly what the test says, plus cookies and the Sec-Fetch
fields that a browser adds. Every host name leads to 127.0.0.1, unless `addresses` has another for it."""

import http.client
import json
import re
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from support.cookie_jar import Cookie, CookieJar

TIMEOUT = 15
MOST_REDIRECTS = 10
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass
class Answer:
    status: int
    headers: list
    body: bytes
    url: str
    history: list = field(default_factory=list)

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name, default=None):
        """The one field of this name."""
        values = self.all(name)
        assert len(values) < 2, f"{name} is there {len(values)} times"
        return values[0] if values else default

    @property
    def location(self):
        return self.get("Location", "")

    @property
    def location_parameters(self):
        """Of the query; each name must be there once."""
        pairs = parse_qsl(urlsplit(self.location).query, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), f"a parameter is there twice: {[name for name, _ in pairs]}"
        return dict(pairs)

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    def new_cookies(self):
        """The cookies that this answer sets, by name: the raw text of each field."""
        return {text.partition("=")[0]: text for text in self.all("Set-Cookie")}


def origin_of(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def site_of(url):
    """Scheme and registrable domain; an address or `localhost` is a site of its own."""
    parts = urlsplit(url)
    host = parts.hostname
    return parts.scheme, host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])


def fetch_site(initiator, chain):
    """Sec-Fetch-Site of the last request of a chain of redirects."""
    if initiator is None:
        return "none"
    if all(origin_of(url) == origin_of(initiator) for url in chain):
        return "same-origin"
    return "same-site" if all(site_of(url) == site_of(initiator) for url in chain) else "cross-site"


def next_url(url, location):
    """Keeps an absolute address byte for byte, which urljoin() does not."""
    return location if re.match(r"https?://", location) else urljoin(url, location)


def connect(url, ca_file=None, address="127.0.0.1"):
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    sock = socket.create_connection((address, parts.port or (443 if tls else 80)), timeout=TIMEOUT)
    if tls:
        sock = ssl.create_default_context(cafile=ca_file).wrap_socket(sock, server_hostname=parts.hostname)
    return sock


def target_of(url):
    """Path and query, byte for byte."""
    rest = url.split("://", 1)[1]
    rest = rest[len(urlsplit(url).netloc) :].split("#", 1)[0]
    return rest if rest.startswith("/") else "/" + rest


def read_answer(sock, method, url):
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    return Answer(response.status, response.getheaders(), response.read(), url)


class Browser:
    def __init__(self, secrets, ca_file=None, sec_fetch=True, addresses=(), own_origin=None, dial=connect):
        self.secrets = secrets
        self.own_origin = own_origin  # of the site whose pages and addresses must keep secrets to themselves
        self.dial = dial  # makes the connection for a request
        self.ca_file = ca_file
        self.sec_fetch = sec_fetch  # older browsers send none of these fields
        self.addresses = dict(addresses)
        self.jar = CookieJar()
        self.page = None
        self.sent = []  # (method, url) of every request

    # What a person does

    def open(self, url, *, follow=True, initiator=None, **request):
        """Opens a page: from the address bar, or by a link or form of the page `initiator`."""
        answer = self._follow(url, initiator, "navigate", follow, **request)
        self.page = answer.url
        return answer

    def click(self, url, **request):
        """Follows a link of the page now shown."""
        return self.open(urljoin(self.page, url), initiator=self.page, **request)

    def fetch(self, url, *, follow=True, initiator=None, **request):
        """What a script of the page gets."""
        return self._follow(url, initiator or self.page or origin_of(url), "cors", follow, **request)

    # How it is done

    def _follow(self, url, initiator, mode, follow, method="GET", **request):
        chain, history = [], []
        while True:
            chain.append(url)
            assert len(chain) <= MOST_REDIRECTS, "redirected without end:\n" + "\n".join(chain)
            answer = self.request(url, method=method, mode=mode, site=fetch_site(initiator, chain), **request)
            answer.history = list(history)
            if not (follow and answer.status in (301, 302, 303, 307, 308) and answer.location):
                return answer
            history.append(answer)
            url = next_url(url, answer.location)
            if answer.status in (301, 302, 303) and method not in ("GET", "HEAD"):
                method, request = "GET", {key: value for key, value in request.items() if key != "body"}

    def request(self, url, *, method="GET", mode="navigate", site="none", body=None, headers=(), origin=None):
        """One request, one answer. `headers`: pairs, sent as they are."""
        fields = self._fields(url, method, mode, site, body)
        if origin:
            fields.append(("Origin", origin))
        own = {name.lower() for name, _ in headers}
        fields = [pair for pair in fields if pair[0].lower() not in own] + list(headers)
        with self._send(url, method, fields, body) as sock:
            answer = read_answer(sock, method, url)
        self._learn(answer)
        return answer

    def leave(self, url):
        """Asks for a page and is gone before the answer."""
        self._send(url, "GET", self._fields(url, "GET", "navigate", "none", None), None).close()

    def _send(self, url, method, fields, body):
        self.secrets.add_url(url)
        self.sent.append((method, url))
        text = "".join(f"{name}: {value}\r\n" for name, value in fields)
        address = self.addresses.get(urlsplit(url).hostname)
        sock = connect(url, self.ca_file, address) if address else self.dial(url, self.ca_file)
        sock.sendall(f"{method} {target_of(url)} HTTP/1.1\r\n{text}\r\n".encode() + (body or b""))
        return sock

    def _fields(self, url, method, mode, site, body):
        navigation = mode == "navigate"
        fields = [("Host", urlsplit(url).netloc), ("Connection", "close"), ("Accept", HTML if navigation else "*/*")]
        if self.sec_fetch:
            fields += [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)]
            fields += [("Sec-Fetch-Dest", "document" if navigation else "empty")]
        if body is not None:
            fields += [("Content-Length", len(body)), ("Content-Type", "application/x-www-form-urlencoded")]
        lax = site != "cross-site" or (navigation and method in ("GET", "HEAD"))
        cookies = self.cookies_for(url, lax)
        if cookies:
            fields.append(("Cookie", "; ".join(f"{one.name}={one.value}" for one in cookies)))
        return fields

    def _learn(self, answer):
        parts = urlsplit(answer.url)
        self._see_no_secret(answer)
        for text in answer.all("Set-Cookie"):
            cookie = self.jar.take(text, parts.hostname, parts.scheme == "https")
            if len(cookie.value) >= 16:
                self.secrets.add(f"cookie {cookie.name}", cookie.value)
        if answer.location:
            self.secrets.add_url(answer.location)

    def _see_no_secret(self, answer):
        if origin_of(answer.url) != self.own_origin:
            return
        shown = answer.location if answer.location.startswith(self.own_origin + "/") else ""
        if answer.status >= 400 and "text/html" in answer.get("Content-Type", ""):
            shown += answer.body.decode(errors="replace")
        assert self.secrets.found_in(shown) == [], "a page or an address of the site holds a secret"

    # Cookies

    def cookies_for(self, url, lax=True):
        parts = urlsplit(url)
        return self.jar.for_request(parts.hostname, parts.path or "/", parts.scheme == "https", lax)

    def cookies(self, url):
        """Name to value, of the host of this URL."""
        return {name: one.value for name, one in self.jar.of(urlsplit(url).hostname).items()}

    def set_cookie(self, url, name, value, **attributes):
        parts = urlsplit(url)
        self.jar.put(Cookie(name, value, **{"host": parts.hostname, "secure": parts.scheme == "https", **attributes}))

    def forget_cookies(self, url, name=None):
        self.jar.forget(urlsplit(url).hostname, name)
