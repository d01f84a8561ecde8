"""Fakes that have the documented quirks of known providers, each with those that its docstring names and no others.

`NAMES` maps the word of the directive `profile` to its fake.
"""

import json
import time

from support import client_proof, tokens
from support.fake_provider import PATHS, changed, json_answer, oauth_error, text_answer
from support.key_files import private_keys
from support.known_provider import PROFILE_CLAIMS, WELL_KNOWN, KnownProvider


class Asgardeo(KnownProvider):
    """- The issuer is the address of the token endpoint.
    - Authorization responses have the parameters session_state and AuthenticatedIdPs.
    - ID tokens have no typ, and claims that no standard knows (isk, org_id).
    - Groups come by the scope "groups"; one group alone is a string.
    - ui_locales are written with an underscore; a tag with a hyphen is not understood.
    - A prompt other than none, login, consent and select_account is an invalid_request.
    - `limit` calls a minute from one address; then 429.
    - A logout by client_id; its return address is looked up among the redirect URIs.
    """

    issuer_path = "/t/shop/oauth2/token"
    more_claims = {"isk": "5e" * 32, "org_id": "org-1", "org_name": "shop", "amr": ["BasicAuthenticator"], "groups": "members"}
    scopes = {**KnownProvider.scopes, "groups": ("groups",)}
    limit = 200

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.shown_language = "en_US"
        self.behave(
            response={"session_state": "abc.def", "AuthenticatedIdPs": "eyJ0eXAiOiJKV1QifQ"},
            id_token_header={"typ": None, "x5t": "dGh1bWI"},
        )

    def register(self, site):
        self.redirect_uris = self.post_logout_uris = [site.url("/oidc_callback"), site.url("/goodbye")]

    def refuses_login(self, asked):
        if asked.get("prompt", "none") not in ("none", "login", "consent", "select_account"):
            return "invalid_request: Invalid prompt variables"
        known = [one for one in asked.get("ui_locales", "").split() if one in ("fr_FR", "de_DE", "en_US")]
        self.shown_language = (known or ["en_US"])[0]
        return super().refuses_login(asked)

    def is_too_busy(self):
        return self.calls >= self.limit

    def answer_token(self, seen):
        return self.too_many() if self.is_too_busy() else super().answer_token(seen)

    def answer_userinfo(self, seen):
        return self.too_many() if self.is_too_busy() else super().answer_userinfo(seen)

    def too_many(self):
        return 429, {"Retry-After": "60", "Content-Type": "text/plain"}, b"too many requests"


class Wso2Is(Asgardeo):
    """As Asgardeo, but:
    - the issuer stands at the root of the server;
    - several groups are one string with commas.
    """

    issuer_path = "/oauth2/token"
    more_claims = {**Asgardeo.more_claims, "groups": "members,tasters"}


class Keycloak(KnownProvider):
    """- The issuer has the realm's path.
    - Authorization responses have session_state, and iss, which is announced.
    - Roles are nested: realm_access.roles.
    - A logout without id_token_hint asks the customer, who may stay there.
    - A client with a wrong secret is an unauthorized_client.
    """

    issuer_path = "/realms/shop"
    more_claims = {"realm_access": {"roles": ["vip", "default-roles-shop"]}, "typ": "ID", "azp": "shop"}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.behave(
            response={"session_state": "abc", "iss": self.issuer},
            metadata={"authorization_response_iss_parameter_supported": True},
        )

    def answer_token(self, seen):
        return super().answer_token(seen) if self.check_client(seen) else oauth_error("unauthorized_client", 401)

    def answer_end_session(self, seen):
        if self.refuses_logout(seen.query) is None and "id_token_hint" not in seen.query:
            return text_answer(200, "Do you want to log out?")
        return super().answer_end_session(seen)


class Auth0(KnownProvider):
    """- The issuer ends in a slash.
    - Metadata have no end_session_endpoint unless the tenant says so (`publishes_logout`); there is /v2/logout, with
      client_id and returnTo.
    - Claims of one's own are named by URLs.
    """

    issuer_path = "/"
    more_claims = {"https://www.example.com/roles": ["vip", "taster"]}
    publishes_logout = False

    @property
    def paths(self):
        return {**super().paths, "/v2/logout": "own_logout"}

    def metadata(self):
        return changed(super().metadata(), {} if self.publishes_logout else {"end_session_endpoint": None})

    def answer_own_logout(self, seen):
        asked = seen.query
        if asked.get("client_id") != self.client_id or asked.get("returnTo") not in self.post_logout_uris:
            return text_answer(400, "returnTo is not allowed")
        return self.leave(asked["returnTo"])


class Okta(KnownProvider):
    """- The issuer has the path of the authorization server.
    - The ID token is thin: claims of scopes are in userinfo alone.
    - A logout without id_token_hint is a bad request.
    """

    issuer_path = "/oauth2/default"
    more_claims = {"groups": ["customer-gold", "customer-vip"]}
    scopes = {**KnownProvider.scopes, "groups": ("groups",)}
    thin = ("email", "email_verified", *PROFILE_CLAIMS, "groups")

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.behave(id_token={claim: None for claim in self.thin})

    def refuses_logout(self, asked):
        return "id_token_hint is missing" if "id_token_hint" not in asked else super().refuses_logout(asked)


class Entra(KnownProvider):
    """- The issuer's host is another one than that of the metadata: here 127.0.0.1 and localhost.
    - Metadata of "common" have the issuer template {tenantid}, which is no issuer.
    - sub is another one in each application; oid is the customer's number in the tenant.
    - Userinfo (of Graph) has sub, name and email, never roles or groups.
    - A customer of many groups (`many_groups`) has a pointer to them instead of the claim.
    - Front-channel logout has a sid and no iss.
    - Metadata list no code_challenge_methods_supported.
    """

    TENANT = "5f3b2c1e-4a5b-4c6d-8e7f-0a1b2c3d4e5f"
    issuer_path = f"/{TENANT}/v2.0"
    more_claims = {"oid": "0b8c1f7a-2222-4b1e-9d60-6d8f0f3c7a11", "roles": ["vip"]}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.behave(
            metadata={"code_challenge_methods_supported": None},
            id_token={"tid": self.TENANT, "ver": "2.0"},
            userinfo_claims={name: None for name in ("oid", "roles", "groups")},
        )

    @property
    def paths(self):
        return {**super().paths, f"/common/v2.0{WELL_KNOWN}": "discovery_of_all"}

    @property
    def config_url(self):
        return f"http://localhost:{self.port}{self.issuer_path}{WELL_KNOWN}"

    def answer_discovery_of_all(self, _):
        return json_answer({**self.metadata(), "issuer": f"{self.origin}/{{tenantid}}/v2.0"})

    def many_groups(self):
        pointer = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": f"{self.origin}/graph"}}}
        self.customer = {**changed(self.customer, {"groups": None}), **pointer}


class Cognito(KnownProvider):
    """- Endpoints are on another host than the issuer: here localhost and 127.0.0.1.
    - Metadata have an end_session_endpoint, which wants client_id and logout_uri and takes no other parameter for it.
    - Names with a colon: cognito:groups, cognito:username. Groups are in the ID token alone.
    - email_verified is the string "true" in userinfo.
    - The language is the parameter lang.
    - Metadata list no code_challenge_methods_supported.
    """

    issuer_path = "/eu-west-1_POOL"
    more_claims = {"cognito:groups": ["members", "tasters"], "cognito:username": "zoe", "token_use": "id"}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        in_id_token_alone = {name: None for name in ("cognito:groups", "cognito:username", "token_use")}
        self.behave(userinfo_claims={**in_id_token_alone, "email_verified": "true"})
        self.shown_language = "en"

    def metadata(self):
        members = changed(super().metadata(), {"code_challenge_methods_supported": None})
        other_host = f"http://localhost:{self.port}"
        return {
            name: value.replace(self.origin, other_host) if name.endswith("_endpoint") else value
            for name, value in members.items()
        }

    def refuses_login(self, asked):
        self.shown_language = asked.get("lang", "en")
        return super().refuses_login(asked)

    def answer_end_session(self, seen):
        asked = seen.query
        if asked.get("client_id") != self.client_id or asked.get("logout_uri") not in self.post_logout_uris:
            return text_answer(400, "Required String parameter 'logout_uri' is not present")
        return self.leave(asked["logout_uri"])


class Google(KnownProvider):
    """- No end_session_endpoint.
    - iss of an ID token may lack its scheme.
    - The scope offline_access is refused; a refresh token comes for access_type=offline and a new consent.
    - The parameter hd chooses whom the page invites; whose account it is tells the claim hd.
    """

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.behave(metadata={"end_session_endpoint": None}, id_token={"iss": self.issuer.removeprefix("http://")})

    def refuses_login(self, asked):
        if "offline_access" in asked["scope"].split():
            return "invalid_scope"
        return super().refuses_login(asked)

    def token_response(self, asked, refreshed=None):
        members = super().token_response(asked, refreshed)
        is_offline = (asked.get("access_type"), asked.get("prompt")) == ("offline", "consent")
        return members if is_offline else changed(members, {"refresh_token": None})


class Apple(KnownProvider):
    """- The client secret is a JWT (ES256) of the team, for this issuer, for at most six months; sent as
      client_secret_post, the only method.
    - With the scope name or email the answer has to be a form_post; the scope profile is refused.
    - The form has a member `user`, at the first login alone.
    - No userinfo and no end_session_endpoint.
    - email_verified and is_private_email are strings.
    """

    TEAM, KEY = "TEAMID0000", "KEYID00000"
    more_claims = {"email_verified": "true", "is_private_email": "true", "nonce_supported": True, "name": None}
    scopes = {"email": ("email", "email_verified", "is_private_email"), "name": (), "profile": PROFILE_CLAIMS}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.client_secret = ""
        self.check_client = self.knows_team
        self.first_time = True
        methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        modes = {"response_modes_supported": ["query", "fragment", "form_post"]}
        missing = ("userinfo_endpoint", "end_session_endpoint", "code_challenge_methods_supported")
        self.behave(metadata={**methods, **modes, **{name: None for name in missing}})

    def knows_team(self, seen):
        secret = seen.form.get("client_secret", "")
        self.secrets.add("client secret", secret)
        if secret.count(".") != 2:
            return False
        data, _, signature = secret.rpartition(".")
        header, claims, now = client_proof.header_of(secret), tokens.claims_of(secret), time.time()
        verify = client_proof.by_key(private_keys()["ec.key"].public_key())
        verify(header["alg"], data.encode(), tokens.from_base64url(signature))
        return (
            seen.header("Authorization") is None
            and header["kid"] == self.KEY
            and claims["iss"] == self.TEAM
            and claims["aud"] == self.issuer
            and claims["sub"] == seen.form["client_id"] == self.client_id
            and claims["iat"] <= now < claims["exp"] < now + 15777000
        )

    def refuses_login(self, asked):
        scopes = asked["scope"].split()
        if "profile" in scopes:
            return "invalid_scope"
        if {"name", "email"} & set(scopes) and asked.get("response_mode") != "form_post":
            return "invalid_request: response_mode must be form_post when name or email scope is requested."
        return super().refuses_login(asked)

    def answer_authorization(self, seen):
        name = {"firstName": "Zoë", "lastName": "Müller-Celadon"}
        user = json.dumps({"name": name, "email": self.customer["email"]})
        self.behave(response={"user": user if self.first_time else None})
        self.first_time = False
        return super().answer_authorization(seen)


class Zitadel(KnownProvider):
    """- Claims of scopes are in userinfo alone.
    - aud has the project, too; azp says which client it was.
    - The claim of roles comes by the scope of the same name, and is a map of a role to its organisations.
    - prompt=none is answered with JSON and status 400.
    """

    ROLES = "urn:zitadel:iam:org:project:roles"
    more_claims = {ROLES: {"vip": {"312345678901234567": "shop.example"}}, "azp": "shop"}
    scopes = {**KnownProvider.scopes, ROLES: (ROLES,)}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        in_userinfo_alone = {claim: None for claim in ("email", "email_verified", *PROFILE_CLAIMS, self.ROLES)}
        self.behave(id_token={**in_userinfo_alone, "aud": ["shop", "312345678901234568"]})

    def answer_authorization(self, seen):
        if seen.query.get("prompt") == "none":
            return oauth_error("login_required")
        return super().answer_authorization(seen)


class FusionAuth(KnownProvider):
    """- The issuer is a free text, acme.com, which no address follows from; metadata are at a path with the tenant's id.
    - A logout's return address is looked up among the redirect URIs.
    - The language is the parameter locale.
    """

    TENANT = "d7d09513-a3f5-401c-9685-34ab6c552453"
    more_claims = {"applicationId": "shop", "roles": ["vip", "taster"]}

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        self.issuer = "acme.com"
        self.behave(id_token={"tid": self.TENANT})
        self.shown_language = "en"

    @property
    def paths(self):
        path = f"{WELL_KNOWN}/{self.TENANT}"
        return {**{key: name for key, name in PATHS.items() if name != "discovery"}, path: "discovery"}

    @property
    def config_url(self):
        return f"{self.origin}{WELL_KNOWN}/{self.TENANT}"

    def register(self, site):
        self.redirect_uris = self.post_logout_uris = [site.url("/oidc_callback"), site.url("/goodbye")]

    def refuses_login(self, asked):
        self.shown_language = asked.get("locale", "en")
        return super().refuses_login(asked)


NAMES = {
    "asgardeo": Asgardeo,
    "wso2is": Wso2Is,
    "keycloak": Keycloak,
    "auth0": Auth0,
    "okta": Okta,
    "entra": Entra,
    "cognito": Cognito,
    "google": Google,
    "apple": Apple,
    "zitadel": Zitadel,
    "fusionauth": FusionAuth,
}
