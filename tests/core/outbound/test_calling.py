"""The outbound client: requests, redirects, kept connections, and what is logged and recorded."""

import json

import pytest
import structlog

from config.core import http
from config.core.errors import DomainError
from config.core.http.connection import pool
from tests.core.outbound.conftest import wait_for_end
from tests.core.outbound.servers import reply

pytestmark = pytest.mark.usefixtures("house")
SECRET = "s3cr+t/Key&1"


@pytest.fixture
def echo(serve):
    """A server that answers with the head it was sent."""

    def script(line):
        while True:
            line.sendall(reply(server.head(line).encode()))

    server = serve(script)
    return server


@pytest.fixture
def two(serve):
    """two(status, location): a server that redirects, and another one, where `{other}` in the location leads."""

    def start(status: str, location: str):
        other = serve(lambda line: (other.head(line), line.sendall(reply(b"other"))))

        def script(line):
            while True:
                asked = first.head(line).split()[1]
                there = location.format(other=f"http://localhost:{other.port}", here=first.url)
                line.sendall(reply(b"first") if asked == "/end" else reply(status=status, Location=there))

        first = serve(script)
        return first, other

    return start


def test_a_call_says_what_it_was_told_to_and_whom_it_is_for(house, names, echo):
    names["partner.example"] = ["127.0.0.1"]
    headers = {"Content-Type": "application/json", "user-agent": "Ours"}
    answer = http.request("post", f"http://partner.example:{echo.port}/a b".replace(" ", "%20"), headers=headers, body='{"a": "é"}')
    lines = answer.text.splitlines()
    assert lines[0] == "POST /a%20b HTTP/1.1"
    assert {f"Host: partner.example:{echo.port}", "Content-Type: application/json", "user-agent: Ours", "Content-Length: 11"} <= set(lines)
    assert not [line for line in lines if line.startswith("User-Agent")]
    assert answer.status == 200


def test_a_proxy_of_the_environment_is_not_asked(echo, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert http.request("GET", echo.url).status == 200


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "429 Too Many Requests", "500 Oops", "599 Odd", "302 Found"])
def test_every_status_is_an_answer(serve, status):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"said", status=status))))
    answer = http.request("GET", server.url)
    assert (answer.status, answer.text) == (int(status[:3]), "said")


def test_a_connection_is_used_again(echo):
    for _ in range(5):
        http.request("POST", echo.url, body="x")
    assert echo.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used(serve):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"once"))))
    for _ in range(3):
        assert http.request("POST", server.url, body="x").text == "once"
        ((_, kept),) = pool._kept
        wait_for_end(kept)
    assert server.connections == 3


def test_what_nobody_asked_for_is_not_taken_for_the_next_answer(serve):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"mine") + reply(b"smuggled")), server.head(line)))
    assert [http.request("GET", server.url).text for _ in range(3)] == ["mine"] * 3


def test_a_get_is_asked_again_when_the_kept_connection_breaks_and_a_post_is_not(serve):
    """The server takes the second request of a connection and hangs up."""

    def script(line):
        server.head(line)
        line.sendall(reply(b"once"))
        server.head(line)

    server = serve(script)
    assert [http.request("GET", server.url).text for _ in range(2)] == ["once", "once"]
    with pytest.raises(http.Unreachable) as broken:
        http.request("POST", server.url, body="x")
    assert broken.value.maybe_received


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("GET", "301 Moved", "GET"), ("POST", "301 Moved", "GET"), ("POST", "302 Found", "GET"), ("POST", "303 See", "GET"), ("PUT", "303 See", "GET"),
        ("POST", "307 Again", "POST"), ("POST", "308 Moved", "POST"), ("PUT", "302 Found", "PUT"), ("HEAD", "303 See", "HEAD"),
    ],
)  # fmt: skip
def test_redirects_on_one_host_go_on_as_browsers_do(two, method, status, then):
    first, _ = two(status, "/end")
    answer = http.request(method, f"{first.url}/start", body="" if method in {"GET", "HEAD"} else "lead", headers={"Authorization": SECRET})
    assert answer.status == 200
    assert [head.split()[0] for head in first.heads] == [method, then]
    assert all(f"Authorization: {SECRET}" in head for head in first.heads)
    assert ("Content-Length: 4" in first.heads[1]) is (then in {"POST", "PUT"})


def test_what_opens_something_does_not_go_along_to_another_host(two):
    first, other = two("302 Found", "{other}/end")
    headers = {"Authorization": "Basic abc", "Cookie": "a=b", "X-Api-Key": "k", "X-Odd": f"mine {SECRET}", "X-Plain": "stays"}
    answer = http.request("POST", f"{first.url}/start", headers=headers, body="the lead", secrets=[SECRET])
    assert answer.text == "other"
    (head,) = other.heads
    assert "X-Plain: stays" in head
    assert not [word for word in ("Authorization", "Cookie", "X-Api-Key", "X-Odd", "lead") if word in head]


@pytest.mark.parametrize("status", ["307 Again", "308 Moved"])
def test_the_lead_does_not_go_along_to_another_host(two, status):
    first, other = two(status, "{other}/end")
    with pytest.raises(http.AddressRefused, match="was not given what is sent"):
        http.request("POST", f"{first.url}/start", body="the lead")
    assert other.connections == 0


def test_a_redirect_cannot_carry_our_secret_to_another_host(two):
    first, other = two("302 Found", "{other}/?key=s3cr%2Bt%2FKey%261")
    with pytest.raises(http.AddressRefused, match="our secret"):
        http.request("GET", f"{first.url}/start?key=s3cr%2Bt%2FKey%261", secrets=[SECRET])
    assert other.connections == 0


INSIDE = [
    "http://127.0.0.1:{port}/", "http://[::1]:{port}/", "http://2130706433:{port}/", "http://0177.0.0.1:{port}/", "http://0x7f.1:{port}/",
    "//127.0.0.1:{port}/", "http://localhost:{port}/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://10.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("location", INSIDE)
def test_a_redirect_does_not_lead_inside(allow, names, serve, location):
    inner = serve(lambda line: line.sendall(reply(b"the inner door")))
    server = serve(lambda line: (server.head(line), line.sendall(reply(status="302 Found", Location=location.format(port=inner.port)))))
    names["partner.example"] = ["127.0.0.1"]
    allow("partner.example")
    with pytest.raises(http.AddressRefused, match="not on the public internet"):
        http.request("GET", f"http://partner.example:{server.port}/")
    assert inner.connections == 0


@pytest.mark.parametrize(
    "location", ["ftp://a.example/", "file:///etc/passwd", "http://u:p@a.example/", "http://[::1", "http://a.example:0/", "javascript:1"]
)
def test_a_redirect_leads_to_the_web_or_nowhere(serve, location):
    server = serve(lambda line: (server.head(line), line.sendall(reply(status="302 Found", Location=location))))
    with pytest.raises(http.AddressRefused):
        http.request("GET", server.url)


def test_five_redirects_are_followed_and_no_more(serve):
    def script(line):
        while True:
            left = int(server.head(line).split()[1].strip("/"))
            line.sendall(reply(b"there") if left == 0 else reply(status="302 Found", Location=f"/{left - 1}"))

    server = serve(script)
    assert http.request("GET", f"{server.url}/5").text == "there"
    with pytest.raises(http.AddressRefused, match="more than 5 times"):
        http.request("GET", f"{server.url}/6")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "b.example"), ("content-length", "5"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Expect", "100-continue"), ("X Y", "z"),
        ("X", "a\r\nHost: b"), ("X", "a\nb"), ("X", "a\x00b"), ("X:Y", "z"), ("", "z"), ("X", "日本"), ("é", "z"),
    ],
)  # fmt: skip
def test_a_header_that_would_change_the_call_is_refused(echo, name, value):
    with pytest.raises(http.AddressRefused, match="cannot be sent"):
        http.request("GET", echo.url, headers={name: value})
    assert echo.connections == 0


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "G ET", "GET\r\n", ""])
def test_other_methods_are_refused(echo, method):
    with pytest.raises(http.AddressRefused, match="no method"):
        http.request(method, echo.url)


def test_the_exchange_is_written_down_without_its_secrets(serve):
    body = json.dumps({"echo": SECRET, "access_token": "fresh-one", "nul": "x"}).encode() + b"\x00"
    server = serve(lambda line: (server.head(line), line.sendall(reply(body, Set_Cookie="sid=abc", X_Kind="good"))))
    url = f"{server.url}/check?mail=a%40b.example&apikey=abc123&k=s3cr%2Bt%2FKey%261"
    answer = http.request(
        "POST", url, headers={"Authorization": f"Bearer {SECRET}", "X-Note": SECRET}, body=f"lead=1&k={SECRET}", secrets=[SECRET]
    )
    assert answer.json if SECRET in answer.text else False, "the job reads the whole answer"
    written = answer.sent + answer.received
    assert not [cut for cut in (SECRET, "s3cr", "abc123", "sid=abc", "fresh-one", "\x00") if cut in written]
    assert answer.sent.startswith(f"POST {server.url}/check?mail=a%40b.example&apikey=•••&k=•••\nAuthorization: •••\nX-Note: •••\n\nlead=1")
    assert answer.received.startswith("HTTP/1.1 200 OK\n")
    assert "X-Kind: good" in answer.received.replace("x-kind", "X-Kind")


def test_a_call_that_failed_is_written_down_too(hasty):
    with pytest.raises(http.Unreachable) as nobody:
        http.request("POST", "http://127.0.0.1:1/?token=abc", headers={"X-Key": "k"}, body=f"a={SECRET}", secrets=[SECRET], limits=hasty)
    assert nobody.value.sent == "POST http://127.0.0.1:1/?token=•••\nX-Key: •••\n\na=•••"
    assert isinstance(nobody.value, DomainError)
    assert SECRET not in repr(nobody.value)


def test_the_log_has_host_status_and_time_and_nothing_of_the_lead(echo):
    with structlog.testing.capture_logs() as lines:
        http.request("GET", f"{echo.url}/anna@example.com?name=Anna", secrets=[SECRET])
        with pytest.raises(http.Unreachable):
            http.request("GET", "http://127.0.0.1:1/anna@example.com")
    good, bad = lines
    assert good == {"event": "outbound call", "log_level": "info", "host": "127.0.0.1", "method": "GET", "status": 200, "ms": good["ms"]}
    assert bad == {
        "event": "outbound call failed",
        "log_level": "warning",
        "host": "127.0.0.1",
        "method": "GET",
        "why": "Unreachable",
        "ms": bad["ms"],
    }


@pytest.mark.parametrize(
    "text",
    [
        SECRET, "s3cr%2Bt%2FKey%261", "s3cr%2bt%2fKey%261", "czNjcit0L0tleSYx", '{"k": "s3cr+t/Key&1"}', "Basic dTpzM2NyK3QvS2V5JjE=",
    ],
)  # fmt: skip
def test_a_secret_is_cut_in_every_spelling(text):
    assert "•••" in http.mask_secrets(text, [SECRET, f"u:{SECRET}"])
    assert not [part for part in ("s3cr", "czNj", "dTpz") if part in http.mask_secrets(text, [SECRET, f"u:{SECRET}"])]


def test_what_is_no_secret_stays():
    text = 'POST https://a.example/token-ring?mail=a%40b.example\n\n{"name": "Anna"}'
    assert http.mask_secrets(text, ["", SECRET]) == text


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
def test_once_is_once_a_redirect_is_an_answer(two, status):
    first, other = two(status, "{other}/")
    answer = http.request("POST", first.url, body="a=b", once=True)
    assert answer.status == int(status[:3])
    assert (len(first.heads), other.connections) == (1, 0)


def test_an_answer_that_ends_before_its_head_does_is_none(serve):
    server = serve(lambda line: (server.head(line), line.sendall(b"HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-")))
    with pytest.raises(http.Unreachable, match="broke off") as silence:
        http.request("POST", server.url)
    assert (silence.value.maybe_received, silence.value.began_with) == (True, 201)


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("size", [1, 3_000_000])
def test_a_post_on_a_connection_that_was_closed_before_it_came_is_sent_anew(serve, hears_the_farewell_too_late, once, size):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"once"))))
    answers = [http.request("POST", server.url, body=b"x" * size, once=once).text for _ in range(3)]
    assert (answers, server.connections, len(server.heads)) == (["once"] * 3, 3, 3)


@pytest.mark.parametrize("began", [b"", b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_post_that_was_taken_before_the_connection_ended_is_not_sent_anew(serve, began):
    """Whether or not the other side had begun to answer."""

    def script(line):
        server.head(line)
        line.sendall(reply(b"once"))
        server.head(line)
        line.sendall(began)

    server = serve(script)
    http.request("POST", server.url, body="x", once=True)
    with pytest.raises(http.Unreachable) as broken:
        http.request("POST", server.url, body="x", once=True)
    assert (broken.value.maybe_received, server.connections, len(server.heads)) == (True, 1, 2)


def test_where_the_system_does_not_tell_what_was_taken_nothing_is_sent_anew(serve, hears_the_farewell_too_late, monkeypatch):
    monkeypatch.setattr("config.core.http.connection._TimedSocket.bytes_taken", lambda _socket: None)
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"once"))))
    http.request("POST", server.url, body="x", once=True)
    with pytest.raises(http.Unreachable) as broken:
        http.request("POST", server.url, body="x", once=True)
    assert (broken.value.maybe_received, server.connections) == (True, 1)


CONTINUE, EARLY_HINTS = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX: y\r\n\r\n"
PROCESSING, ODD = b"HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n", b"HTTP/1.1 199\r\n\r\n"


@pytest.mark.parametrize(
    "interim",
    [CONTINUE, PROCESSING, EARLY_HINTS, ODD, CONTINUE + PROCESSING + EARLY_HINTS, EARLY_HINTS * 3 + CONTINUE, PROCESSING * 100],
)
@pytest.mark.parametrize(("method", "status"), [("POST", "201 Created"), ("GET", "404 Not Found"), ("PUT", "503 Busy"), ("HEAD", "200 OK")])
def test_what_comes_before_the_final_answer_is_none(serve, interim, method, status):
    """And the connection is used again."""

    def script(line):
        for _ in range(2):
            server.head(line)
            line.sendall(interim + reply(b"" if method == "HEAD" else b"done", status=status))

    server = serve(script)
    answers = [http.request(method, server.url, once=True) for _ in range(2)]
    assert {(answer.status, answer.text) for answer in answers} == {(int(status[:3]), "" if method == "HEAD" else "done")}
    assert server.connections == 1


@pytest.mark.parametrize(
    "interim",
    [PROCESSING * 101 + reply(), PROCESSING * 20_000, CONTINUE * 20_000, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + reply(), CONTINUE, b"HTTP/1.1 102 Pro"],
)  # fmt: skip
def test_without_a_final_answer_nobody_knows_whether_it_arrived(serve, interim):
    server = serve(lambda line: (server.head(line), line.sendall(interim)))
    with pytest.raises(http.Unreachable) as silence:
        http.request("POST", server.url, body="x", once=True)
    assert (silence.value.maybe_received, silence.value.began_with) == (True, None)


def test_nothing_of_an_answer_had_begun_where_none_came(serve):
    server = serve(lambda line: server.head(line))
    with pytest.raises(http.Unreachable) as silence:
        http.request("POST", server.url)
    assert (silence.value.maybe_received, silence.value.began_with) == (True, None)
