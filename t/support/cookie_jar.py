"""Cookies as browsers keep them (RFC 6265bis)."""

from dataclasses import dataclass


@dataclass
class Cookie:
    name: str
    value: str
    host: str  # without a leading dot
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = "Lax"
    max_age: int | None = None

    def fits(self, host, path, secure):
        on_host = host == self.host or (not self.host_only and host.endswith("." + self.host))
        on_path = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return on_host and on_path and (secure or not self.secure)


def parse_set_cookie(text, host):
    pair, *attributes = [part.strip() for part in text.split(";")]
    name, _, value = pair.partition("=")
    cookie = Cookie(name, value, host)
    for attribute in attributes:
        key, _, given = attribute.partition("=")
        match key.lower():
            case "path":
                cookie.path = given
            case "domain":
                cookie.host, cookie.host_only = given.lstrip("."), False
            case "secure":
                cookie.secure = True
            case "httponly":
                cookie.http_only = True
            case "samesite":
                cookie.same_site = given
            case "max-age":
                cookie.max_age = int(given)
    return cookie


def refusal(cookie, host, secure):
    """Why a browser would not take this cookie from this host; None when it would."""
    if cookie.secure and not secure:
        return "Secure over http"
    if not cookie.host_only and host != cookie.host and not host.endswith("." + cookie.host):
        return "Domain of somebody else"
    if cookie.name.startswith("__Host-") and not (cookie.secure and cookie.host_only and cookie.path == "/"):
        return "__Host- without Secure, with Domain, or with another Path than /"
    if cookie.same_site.lower() == "none" and not cookie.secure:
        return "SameSite=None without Secure"
    return None


class CookieJar:
    def __init__(self):
        self.cookies = {}

    def put(self, cookie):
        key = (cookie.name, cookie.host, cookie.host_only, cookie.path)
        if cookie.max_age is not None and cookie.max_age <= 0:
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = cookie

    def take(self, text, host, secure):
        cookie = parse_set_cookie(text, host)
        reason = refusal(cookie, host, secure)
        assert reason is None, f"a browser would refuse the cookie {cookie.name}: {reason}"
        self.put(cookie)
        return cookie

    def for_request(self, host, path, secure, lax=True):
        """The cookies to send; longer paths first. `lax`: those of SameSite=Lax may go."""
        fitting = [one for one in self.cookies.values() if one.fits(host, path, secure)]
        allowed = [one for one in fitting if lax or one.same_site.lower() == "none"]
        return sorted(allowed, key=lambda one: -len(one.path))

    def of(self, host):
        return {one.name: one for one in self.cookies.values() if one.host == host}

    def forget(self, host, name=None):
        self.cookies = {
            key: one for key, one in self.cookies.items() if one.host != host or (name and one.name != name)
        }
