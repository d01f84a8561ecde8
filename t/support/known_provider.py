"""What the fakes of known providers (profiles.py) have in common."""

from urllib.parse import urlencode

from support.fake_provider import PATHS, FakeProvider, changed, text_answer

WELL_KNOWN = "/.well-known/openid-configuration"
PROFILE_CLAIMS = ("name", "given_name", "family_name", "username")


class KnownProvider(FakeProvider):
    """Knows its client's addresses (`register`) and shows a page of its own for a foreign one; hands out claims by their
    scopes; remembers whether the customer is `logged_in` there, and how many `calls` nginx has made for him."""

    more_claims = {}  # of the customer
    scopes = {"email": ("email", "email_verified"), "profile": PROFILE_CLAIMS}  # scope to claims

    def __init__(self, secrets, **options):
        super().__init__(secrets, **options)
        names = {"given_name": "Zoë", "family_name": "Müller-Celadon"}
        self.customer = changed({**self.customer, **names}, {"groups": None, **self.more_claims})
        self.redirect_uris, self.post_logout_uris = [], []
        self.logged_in = False
        self.calls = 0  # that nginx made

    @property
    def paths(self):
        return {**PATHS, self.issuer_path.rstrip("/") + WELL_KNOWN: "discovery"}

    @property
    def config_url(self):
        return self.issuer.rstrip("/") + WELL_KNOWN

    def register(self, site):
        self.redirect_uris = [site.url("/oidc_callback")]
        self.post_logout_uris = [site.url("/goodbye")]

    # Login

    def refuses_login(self, asked):
        """What the page of its own says; None: nothing is wrong."""
        if asked.get("redirect_uri") not in self.redirect_uris:
            return "redirect_uri is not registered"
        return None

    def answer_authorization(self, seen):
        refusal = self.refuses_login(seen.query)
        if refusal:
            return text_answer(400, refusal)
        self.logged_in = True
        return super().answer_authorization(seen)

    def answer_token(self, seen):
        self.calls += 1
        return super().answer_token(seen)

    def claims_for(self, asked):
        """Those of the scopes that were asked for, and those that need no scope."""
        scopes = asked.get("scope", "").split()
        withheld = {claim for scope, claims in self.scopes.items() if scope not in scopes for claim in claims}
        return {name: value for name, value in self.customer.items() if name not in withheld}

    def answer_userinfo(self, seen):
        self.calls += 1
        return super().answer_userinfo(seen)

    # Logout

    def refuses_logout(self, asked):
        if asked.get("post_logout_redirect_uri") not in self.post_logout_uris:
            return "post_logout_redirect_uri is not registered"
        if "id_token_hint" not in asked and asked.get("client_id") != self.client_id:
            return "whose logout is it?"
        return None

    def answer_end_session(self, seen):
        refusal = self.refuses_logout(seen.query)
        if refusal:
            return text_answer(400, refusal)
        return self.leave(seen.query["post_logout_redirect_uri"], seen.query.get("state"))

    def leave(self, target, state=None):
        self.logged_in = False
        return 302, {"Location": f"{target}?{urlencode({'state': state})}" if state else target}, b""
