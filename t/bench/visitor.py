"""A customer's browser that logs in, over connections that are kept."""

import http.client
from urllib.parse import urlsplit

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


class Connection:
    def __init__(self, origin, tls=None):
        self.origin = origin
        address = urlsplit(origin)
        if address.scheme == "https":
            self.http = http.client.HTTPSConnection(address.netloc, timeout=15, context=tls)
        else:
            self.http = http.client.HTTPConnection(address.netloc, timeout=15)

    def get(self, url, **headers):
        """(answer, body) of one request; `url` is absolute or a path."""
        assert url.startswith(("/", self.origin + "/")), f"{self.origin} does not serve this address"
        self.http.request("GET", url.removeprefix(self.origin), headers={**NAVIGATION, **headers})
        answer = self.http.getresponse()
        return answer, answer.read()


def new_cookies(answer):
    """As a Cookie field sends them: that of the login first, which the browser had before."""
    return "; ".join(sorted(text.split(";")[0] for text in answer.headers.get_all("Set-Cookie", [])))


class Visitor:
    def __init__(self, site, provider, tls=None):
        self.site = Connection(site)
        self.provider = Connection(provider, tls)

    def redirected(self, answer, what):
        assert answer.status in (302, 303), f"{what} answers {answer.status}"
        return answer.headers["Location"]

    def log_in(self, path):
        """From a page that needs a login back to it; the Cookie field of the session."""
        asked, _ = self.site.get(path)
        to_provider = self.redirected(asked, path)
        answer, _ = self.provider.get(to_provider, **{"X-Autologin": "zoe"})
        callback = self.redirected(answer, "the provider")
        done, _ = self.site.get(callback, Cookie=new_cookies(asked))
        back = self.redirected(done, "the callback")
        assert urlsplit(back).path == path, f"the login leads to {urlsplit(back).path}"
        return new_cookies(done)
