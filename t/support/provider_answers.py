"""What a provider of the tests answers: status, headers, body."""

import json


def changed(members, changes):
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def json_answer(members, status=200):
    return status, {"Content-Type": "application/json", "Cache-Control": "no-store"}, json.dumps(members).encode()


def text_answer(status, text):
    return status, {"Content-Type": "text/plain"}, text.encode()


def oauth_error(name, status=400):
    return json_answer({"error": name, "error_description": "as told"}, status)
