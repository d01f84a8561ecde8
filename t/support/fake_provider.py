"""A tiny OpenID provider that is correct until a test tells it to misbehave.

    provider.behave(token={"status": 429, "headers": {"Retry-After": "7"}})
    provider.behave(id_token={"iss": "https://other.example"}, forge=tokens.bad_signature)

Endpoints (discovery, jwks, authorization, par, token, refresh, userinfo, end_session, introspection, revocation) take a
dict that replaces the answer; "refresh" is the token endpoint when a refresh token is sent:
    status, body (str or bytes), content_type, headers    what is sent instead
    delay     seconds before the answer
    until     a threading.Event: no answer before it is set
    hang      True: no answer until the test ends
    reset     True: the connection is cut
    wire      a function of support.wire, which sends the answer in its own way
    times     only so many times, then correct again
Content is changed by members; None leaves one out:
    metadata, id_token, id_token_header, token_response, userinfo_claims, response (parameters of the callback),
    logout_response (parameters of the way back from a logout), refreshed_id_token, refresh_response
and by  forge  (a function from the correct ID token to the one that is sent) and  userinfo_jwt  (one from the claims
of userinfo to a JWT). `check_client` takes a request of the token endpoint and says whether the client has proved who
it is; see client_proof.py.
The keys are `published` and `signing`; whoever comes is logged in at once as `customer`. What introspection says of a
token is in `opaque`; of any other it says that it is not active.
"""

import base64
import hashlib
import secrets as random
import socket
import threading
import time
from urllib.parse import unquote_plus, urlencode

from support import forms, tokens
from support.fake_server import Handler, Server, ServerOfIPv6
from support.provider_answers import changed, json_answer, oauth_error, text_answer
from support.refresh_tokens import RefreshTokens

CUSTOMER = {
    "sub": "customer-4711",
    "email": "zoe@mail.example",
    "email_verified": True,
    "name": "Zoë Müller-Celadon",
    "groups": ["members", "tasters"],
}
PATHS = {
    "/.well-known/openid-configuration": "discovery",
    "/jwks": "jwks",
    "/authorize": "authorization",
    "/par": "par",
    "/token": "token",
    "/userinfo": "userinfo",
    "/logout": "end_session",
    "/introspect": "introspection",
    "/v2/logout": "end_session",
    "/revoke": "revocation",
}
# Auth0 and Cognito have names of their own.
RETURN_TO = ("post_logout_redirect_uri", "returnTo", "logout_uri")


class FakeProvider(RefreshTokens):
    paths = PATHS
    issuer_path = ""  # of an issuer that is not at the root

    def __init__(self, secrets, tls=None, host="127.0.0.1"):
        """`tls`: an ssl.SSLContext; `host`: as the issuer names it."""
        super().__init__()
        self.secrets = secrets
        self.tls = tls
        self.client_id = "shop"
        self.client_secret = random.token_urlsafe(24)
        self.signing = tokens.SigningKey()
        self.published = [self.signing]
        self.customer = dict(CUSTOMER)
        self.orders = {}
        self.requests = []
        self.check_client = self.knows_secret
        self.codes, self.access_tokens, self.opaque, self.pushed = {}, {}, {}, {}
        self.connections = set()
        self.stopped = threading.Event()
        self.port = 0
        self.start()
        self.origin = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self.issuer = self.origin + self.issuer_path
        secrets.add("client_secret", self.client_secret)
        secrets.add_claims(self.customer)

    # Running

    def start(self, address="127.0.0.1"):
        kind = ServerOfIPv6 if ":" in address else Server
        self.server = kind((address, self.port), Handler, bind_and_activate=False)
        self.server.allow_reuse_address = True
        self.server.server_bind()
        self.server.server_activate()
        self.port = self.server.server_address[1]
        self.server.provider = self
        if self.tls:
            self.server.socket = self.tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.stopped = threading.Event()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self):
        """Nobody listens any more, and what was open is cut."""
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # Orders

    def behave(self, **orders):
        self.orders.update(orders)

    def behave_well(self):
        self.orders.clear()

    def order_for(self, endpoint):
        order = self.orders.get(endpoint, {})
        if "times" in order:
            order["times"] -= 1
            if order["times"] < 0:
                return {}
        return order

    def use_key(self, key, publish=True):
        """Signs with this key from now on."""
        self.signing = key
        if publish:
            self.published = [key]

    def seen(self, endpoint):
        return [one for one in self.requests if one.endpoint == endpoint]

    # Answers

    def answer(self, seen, order):
        status, headers, body = getattr(self, f"answer_{seen.endpoint}")(seen) if "body" not in order else (200, {}, b"")
        if "body" in order:
            body = order["body"] if isinstance(order["body"], bytes) else order["body"].encode()
        headers = {**headers, **({"Content-Type": order["content_type"]} if "content_type" in order else {})}
        if "body" in order and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        return order.get("status", status), {**headers, **order.get("headers", {})}, body

    def answer_unknown(self, _):
        return text_answer(404, "nothing here")

    def metadata(self):
        endpoints = {"authorization": "authorize", "token": "token", "userinfo": "userinfo", "end_session": "logout"}
        endpoints |= {"introspection": "introspect", "revocation": "revoke"}
        members = {f"{name}_endpoint": f"{self.origin}/{path}" for name, path in endpoints.items()}
        return changed(
            {
                "issuer": self.issuer,
                **members,
                "jwks_uri": f"{self.origin}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            },
            self.orders.get("metadata", {}),
        )

    def answer_discovery(self, _):
        return json_answer(self.metadata())

    def answer_jwks(self, _):
        return json_answer({"keys": [key.jwk() for key in self.published]})

    def answer_par(self, seen):
        if not self.check_client(seen):
            return oauth_error("invalid_client", 401)
        request_uri = f"urn:ietf:params:oauth:request_uri:{random.token_urlsafe(24)}"
        self.secrets.add_form(seen.body)
        self.pushed[request_uri] = seen.form
        return json_answer({"request_uri": request_uri, "expires_in": 60}, 201)

    def answer_authorization(self, seen):
        asked = self.pushed.pop(seen.query["request_uri"], None) if "request_uri" in seen.query else seen.query
        if asked is None:
            return text_answer(400, "this request_uri is not known")
        code = random.token_urlsafe(24)
        self.secrets.add("code", code)
        self.secrets.add_url(seen.target)
        self.codes[code] = asked
        response = changed({"code": code, "state": asked.get("state")}, self.orders.get("response", {}))
        target = asked.get("redirect_uri", "")
        if not target:
            return text_answer(400, "no redirect_uri")
        if asked.get("response_mode") == "form_post":
            return 200, {"Content-Type": "text/html"}, forms.page(target, response).encode()
        return 302, {"Location": f"{target}{'&' if '?' in target else '?'}{urlencode(response)}"}, b""

    def client_of(self, seen):
        """(client_id, client_secret) as the client gave them (RFC 6749 section 2.3.1)."""
        authorization = seen.header("Authorization")
        if authorization:
            scheme, _, value = authorization.partition(" ")
            name, _, secret = base64.b64decode(value).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) if scheme == "Basic" else (None, None)
        return seen.form.get("client_id"), seen.form.get("client_secret")

    def knows_secret(self, seen):
        return self.client_of(seen) == (self.client_id, self.client_secret or None)

    def answer_token(self, seen):
        form = seen.form
        self.secrets.add("code_verifier", form.get("code_verifier", ""))
        self.secrets.add("client assertion", form.get("client_assertion", ""))
        if not self.check_client(seen):
            return oauth_error("invalid_client", 401)
        asked = self.codes.pop(form.get("code"), None)
        if form.get("grant_type") != "authorization_code":
            return oauth_error("unsupported_grant_type")
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return oauth_error("invalid_grant")
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if "code_challenge" in asked and asked["code_challenge"] != tokens.base64url(hashed):
            return oauth_error("invalid_grant")
        return json_answer(self.token_response(asked))

    def claims_for(self, _asked):
        """What this authorization request is told of the customer."""
        return self.customer

    def token_response(self, asked, refreshed=None):
        access_token = random.token_urlsafe(24)
        self.access_tokens[access_token] = dict(self.claims_for(asked))
        self.secrets.add_claims(self.customer)
        id_token = self.id_token(asked, access_token, refreshed)
        self.secrets.add("access token", access_token)
        self.secrets.add("ID token", id_token)
        members = {"access_token": access_token, "token_type": "Bearer", "expires_in": 3600, "id_token": id_token}
        members["refresh_token"] = self.new_refresh_token(asked)
        return changed(members, self.orders.get("token_response", {}))

    def id_token(self, asked, access_token, refreshed=None):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "exp": now + 600,
            "iat": now,
            "nonce": asked.get("nonce"),
            "sid": random.token_urlsafe(12),
            "at_hash": tokens.half_hash(access_token, self.signing.algorithm),
            **self.claims_for(asked),
        }
        claims = changed(claims, self.orders.get("id_token", {}) if refreshed is None else {"nonce": None, **refreshed})
        self.sid = claims.get("sid")
        token = tokens.id_token(self.signing, claims, **self.orders.get("id_token_header", {}))
        return self.orders.get("forge", lambda right: right)(token)

    def answer_userinfo(self, seen):
        scheme, _, token = (seen.header("Authorization") or "").partition(" ")
        if scheme != "Bearer" or token not in self.access_tokens:
            return oauth_error("invalid_token", 401)
        claims = changed(self.access_tokens[token], self.orders.get("userinfo_claims", {}))
        self.secrets.add_claims(claims)
        if "userinfo_jwt" in self.orders:
            return 200, {"Content-Type": "application/jwt"}, self.orders["userinfo_jwt"](claims).encode()
        return json_answer(claims)

    def answer_introspection(self, seen):
        self.secrets.add("client assertion", seen.form.get("client_assertion", ""))
        if not self.check_client(seen):
            return oauth_error("invalid_client", 401)
        return json_answer(self.opaque.get(seen.form.get("token"), {"active": False}))

    def answer_end_session(self, seen):
        asked = seen.form if seen.method == "POST" else seen.query
        target = next((asked[name] for name in RETURN_TO if name in asked), None)
        state = changed({"state": asked.get("state")}, self.orders.get("logout_response", {}))
        if target and state:
            target += f"{'&' if '?' in target else '?'}{urlencode(state)}"
        return (302, {"Location": target}, b"") if target else text_answer(200, "logged out at the provider")

    def answer_revocation(self, seen):
        if not self.check_client(seen):
            return oauth_error("invalid_client", 401)
        self.access_tokens.pop(seen.form.get("token"), None)
        self.refresh_tokens.pop(seen.form.get("token"), None)
        return text_answer(200, "")
