"""Everything that must never be found in a log, collected while a test runs."""

from urllib.parse import parse_qs, quote, quote_plus, urlsplit

# Shorter values are in every log by chance.
SHORTEST = 6
SECRET_PARAMETERS = {"state", "code", "nonce", "id_token_hint", "code_verifier"}


class KnownSecrets:
    def __init__(self):
        self.values = {}

    def add(self, what, value):
        value = str(value)
        if len(value) >= SHORTEST:
            self.values[value] = what

    def add_url(self, url):
        self.add_form(urlsplit(url).query)

    def add_form(self, text):
        for name, values in parse_qs(text).items():
            if name in SECRET_PARAMETERS:
                for value in values:
                    self.add(name, value)

    def add_claims(self, claims):
        for name, value in claims.items():
            if isinstance(value, str):
                self.add(f"claim {name}", value)

    def found_in(self, text):
        """The names of the secrets that the text holds, with the line that each is in."""
        found = []
        for value, what in list(self.values.items()):  # threads of a test may add some meanwhile
            if any(spelling in text for spelling in (value, quote(value, safe=""), quote_plus(value))):
                line = next((one for one in text.splitlines() if value in one), "")
                found.append(f"{what}: {line}")
        return found
