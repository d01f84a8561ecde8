"""The refresh tokens of the fake provider: rotated, and whoever sends one twice has lost his login."""

import secrets as random

from support.provider_answers import changed, json_answer, oauth_error


class RefreshTokens:
    def __init__(self):
        self.refresh_tokens, self.spent = {}, {}  # to the login that they are of
        self.rotates = True
        self.refresh_tokens_begin = ""

    def answer_refresh(self, seen):
        if not self.check_client(seen):
            return oauth_error("invalid_client", 401)
        token = seen.form.get("refresh_token")
        if token in self.spent:
            login = self.spent[token]
            self.refresh_tokens = {one: of for one, of in self.refresh_tokens.items() if of is not login}
        asked = self.refresh_tokens.get(token)
        if asked is None:
            return oauth_error("invalid_grant")
        members = self.token_response(asked, self.orders.get("refreshed_id_token", {}))
        if self.rotates:
            self.spent[token] = self.refresh_tokens.pop(token)
        else:
            members["refresh_token"] = None
        return json_answer(changed(members, self.orders.get("refresh_response", {})))

    def new_refresh_token(self, asked):
        token = self.refresh_tokens_begin + random.token_urlsafe(24)
        self.refresh_tokens[token] = asked
        self.secrets.add("refresh token", token)
        return token
