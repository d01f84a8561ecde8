"""A form that is posted to an address of the module's own, in every way that HTTP lets it come."""

import pytest
from support.connection import Connection, chunked
from support.curl import curl

LINES = "backchannel_logout_uri /told;"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
TOKEN = b"logout_token=a.b.c"
REFUSED = "signed token has a header that is not base64url"  # it was read
MISSING = "a back-channel logout has no logout_token"


@pytest.fixture
def shop(site):
    return site.start(provider=LINES)


def head(connection, length=None, extra=FORM):
    size = "Transfer-Encoding: chunked\r\n" if length is None else f"Content-Length: {length}\r\n"
    return connection.head("/told", "POST", extra + size)


def reason(answer):
    assert answer.status == 400, answer.status
    return answer.json()["error_description"]


@pytest.mark.parametrize("size", [18, 4_000, 20_000, 65_536])
@pytest.mark.parametrize("way", ["at once", "after the head", "in pieces", "in chunks"])
def test_form_is_read_that_comes(shop, way, size):
    form = TOKEN + b"x" * (size - len(TOKEN))
    with Connection(shop) as connection:
        for _ in range(2):  # and what follows on the connection is the next request
            begin = head(connection, None if way == "in chunks" else size)
            if way == "at once":
                connection.send(begin + form)
            elif way == "in chunks":
                connection.send(begin)
                connection.send(chunked(form, 5_000))
            else:
                connection.send(begin)
                step = max(1, size // 7) if way == "in pieces" else size
                for at in range(0, size, step):
                    connection.send(form[at : at + step])
            assert reason(connection.answer()) == REFUSED


def test_forms_that_are_sent_ahead_are_each_read(shop):
    with Connection(shop) as connection:
        forms = [TOKEN, b"other=1", TOKEN + b"&more=1"]
        connection.send(b"".join(head(connection, len(form)) + form for form in forms))
        assert [reason(connection.answer()) for _ in forms] == [REFUSED, MISSING, REFUSED]


def test_client_is_told_to_go_on_that_asks_first(shop):
    with Connection(shop) as connection:
        connection.send(head(connection, len(TOKEN), FORM + "Expect: 100-continue\r\n"))
        assert connection.answer().status == 100
        connection.send(TOKEN)
        assert reason(connection.answer()) == REFUSED


@pytest.mark.parametrize("size", [18, 20_000, 65_536])
def test_form_is_read_over_http_2(tls_site, tmp_path, size):
    (tmp_path / "form").write_bytes(TOKEN + b"x" * (size - len(TOKEN)))
    site = tls_site.start(provider=LINES)
    answer, _ = curl(site, tmp_path, "--http2", "--data-binary", f"@{tmp_path / 'form'}", site.url("/told"))
    assert REFUSED in answer


@pytest.mark.parametrize(
    "options", ["client_body_buffer_size 1k;", "client_body_in_file_only on;", "client_body_in_single_buffer on;"]
)
def test_form_is_in_no_file_with(site, options):
    site.start(options + " client_body_temp_path bodies;", provider=LINES)
    with Connection(site) as connection:
        connection.send(head(connection, 60_000))
        connection.send(TOKEN)
        for _ in range(6):
            connection.send(b"x" * (10_000 - len(TOKEN) // 6))
        assert reason(connection.answer()) == REFUSED
    assert not [one for one in site.nginx.prefix.glob("bodies/**/*") if one.is_file()]


def test_form_is_in_no_log(site, secrets):
    site.start(
        "access_log bodies.log bodies;",
        provider=LINES,
        http="log_format bodies '$request_uri [$request_body] [$request_body_file]';",
    )
    with Connection(site) as connection:
        connection.send(head(connection, len(TOKEN)) + TOKEN)
        assert reason(connection.answer()) == REFUSED
    site.stop()
    assert (site.nginx.prefix / "bodies.log").read_text() == "/told [-] [-]\n"


FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("kind", ["", "text/plain", FORM_TYPE + "x", "application/json", "multipart/form-data; boundary=x"])
def test_body_is_refused_whose_type_is(shop, kind):
    with Connection(shop) as connection:
        extra = f"Content-Type: {kind}\r\n" if kind else ""
        connection.send(head(connection, len(TOKEN), extra) + TOKEN)
        assert connection.answer().status == 415


@pytest.mark.parametrize("kind", [FORM_TYPE + "; charset=UTF-8", FORM_TYPE.title(), FORM_TYPE + " ;a=b"])
def test_form_is_read_whose_type_is(shop, kind):
    with Connection(shop) as connection:
        connection.send(head(connection, len(TOKEN), f"Content-Type: {kind}\r\n") + TOKEN)
        assert reason(connection.answer()) == REFUSED


@pytest.mark.parametrize("way", ["announced", "in chunks"])
def test_form_is_refused_that_is_too_long(shop, way):
    form = b"x" * 65_537
    with Connection(shop) as connection:
        connection.send(head(connection, len(form) if way == "announced" else None))
        connection.send(form if way == "announced" else chunked(form))
        assert connection.answer().status == 413


def test_empty_form_is_read(shop):
    with Connection(shop) as connection:
        connection.send(head(connection, 0))
        assert reason(connection.answer()) == MISSING


@pytest.mark.parametrize("end", ["close", "reset"])
def test_client_may_leave_in_the_middle(shop, end):
    for _ in range(3):
        connection = Connection(shop)
        connection.send(head(connection, 1000) + TOKEN)
        getattr(connection, end)()
    with Connection(shop) as connection:
        connection.send(head(connection, len(TOKEN)) + TOKEN)
        assert reason(connection.answer()) == REFUSED


def test_client_that_does_not_go_on_is_let_go(site):
    site.start("client_body_timeout 1s;", provider=LINES)
    with Connection(site) as connection:
        connection.send(head(connection, 1000) + TOKEN)
        assert connection.is_closed()


def test_form_comes_to_its_end_while_nginx_reloads(shop):
    with Connection(shop) as connection:
        connection.send(head(connection, len(TOKEN)) + TOKEN[:5])
        shop.reload(provider=LINES, wait_for_old=False)
        connection.send(TOKEN[5:])
        assert reason(connection.answer()) == REFUSED


def test_nothing_but_a_post_is_taken(shop):
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert shop.browser().request(shop.url("/told?logout_token=a.b.c"), method=method).status == 405
