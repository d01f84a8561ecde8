"""What a refusal of nginx -t has to look like."""

REQUIRED = "issuer https://login.example; client_id shop; client_secret s3cret-of-the-test;"
KEY = "4f" * 32


def assert_refused(verdict, *words):
    assert not verdict.ok, "nginx -t takes it"
    assert "[emerg]" in verdict.text
    for word in words:
        assert word in verdict.text, f"{word!r} is not in: {verdict.text}"
    assert "nginx.conf:" in verdict.text, "the line is not named"
    assert "s3cret-of-the-test" not in verdict.text and KEY not in verdict.text


def named_in(lines):
    """The directives of these lines."""
    return {word for line in lines for statement in line.split(";") for word in statement.split()[:1]}
