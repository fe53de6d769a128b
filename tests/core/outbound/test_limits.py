"""Limits of calls: slow, endless and large answers end in time and within the size limit."""

import gzip
import os
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.core import http
from config.core.http import connection
from tests.core.outbound.servers import reply

pytestmark = pytest.mark.usefixtures("house")


def drip(line, data: bytes, *, pause: float = 0.1) -> None:
    for n in range(len(data)):
        line.sendall(data[n : n + 1])
        time.sleep(pause)


def forever(line, head: bytes, part: bytes) -> None:
    line.sendall(head)
    while True:
        line.sendall(part)


def silence(line) -> None:
    time.sleep(5)


@pytest.mark.parametrize(
    "script",
    [
        silence,
        lambda line: drip(line, reply(b"slow" * 50)),
        lambda line: (line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"), drip(line, b"x" * 500)),
        lambda line: (
            forever(line, b"", b"HTTP/1.1 100 Continue\r\n\r\n") if time.sleep(0.05) else drip(line, b"HTTP/1.1 100 Continue\r\n\r\n" * 90)
        ),
        lambda line: (line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), drip(line, b"1\r\nx\r\n" * 100)),
    ],
    ids=["says nothing", "drips its head", "drips its body", "drips to be continued", "drips chunks"],
)
def test_a_slow_answer_ends_with_the_time_of_the_call(serve, hasty, script):
    server = serve(script)
    began = time.monotonic()
    with pytest.raises(http.Unreachable, match="did not answer in time") as late:
        http.request("POST", server.url, body="x", limits=hasty)
    assert time.monotonic() - began < 1.2
    assert late.value.maybe_received
    assert late.value.took_ms >= 450


def test_a_name_that_takes_too_long_to_look_up_ends_the_call(hasty, monkeypatch):
    monkeypatch.setattr(connection, "look_up", lambda host, port: time.sleep(5))
    began = time.monotonic()
    with pytest.raises(http.Unreachable, match="looked up in time") as late:
        http.request("GET", "http://slow.example/", limits=hasty)
    assert time.monotonic() - began < 1
    assert not late.value.maybe_received


def test_the_time_is_for_all_redirects_together(serve, hasty):
    def script(line):
        server.head(line)
        time.sleep(0.3)
        line.sendall(reply(status="302 Found", Location="/again", Connection="close"))

    server = serve(script)
    with pytest.raises(http.Unreachable, match="in time"):
        http.request("GET", server.url, limits=hasty)
    assert len(server.heads) == 3


BOMB = gzip.compress(b"0" * 50_000_000)


@pytest.mark.parametrize(
    "script",
    [
        lambda line: line.sendall(reply(b"x" * 10_001)),
        lambda line: forever(line, b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 5_000),
        lambda line: forever(line, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nxxxxx\r\n" * 100),
        lambda line: forever(line, b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 30_000 + b"\r\n"),
        lambda line: line.sendall(reply(BOMB, Content_Encoding="gzip")),
        lambda line: line.sendall(reply(zlib.compress(b"0" * 20_000), Content_Encoding="deflate")),
        lambda line: forever(line, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    ],
    ids=[
        "long by one",
        "never-ending",
        "never-ending chunks",
        "never-ending head",
        "gzip bomb",
        "deflate",
        "empty members",
    ],
)
def test_a_long_answer_is_not_read_on(serve, hasty, script):
    def after_the_request(line):
        server.head(line)
        script(line)

    server = serve(after_the_request)
    tracemalloc.start()
    with pytest.raises(http.TooLarge, match="more than 10,000 bytes"):
        http.request("GET", server.url, limits=hasty)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (reply(b"x" * 10_000), "x" * 10_000),
        (reply(gzip.compress(b"y" * 10_000, mtime=0), Content_Encoding="gzip"), "y" * 10_000),
        (reply(zlib.compress(b"framed"), Content_Encoding="deflate"), "framed"),
        (reply(zlib.compress(b"bare")[2:-4], Content_Encoding="Deflate"), "bare"),
        (reply(b"", Content_Encoding="gzip"), ""),
        (reply("né".encode("latin-1"), Content_Type="text/plain; charset=iso-8859-1"), "né"),
        (reply(b"n\xe9", Content_Type="text/plain; charset=no-such"), "n\ufffd"),
        (reply("\ufeffbom".encode()), "bom"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold", "old"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"then"), "then"),
    ],
)  # fmt: skip
def test_what_fits_is_read_whole(serve, hasty, sent, text):
    server = serve(lambda line: (server.head(line), line.sendall(sent)))
    assert http.request("GET", server.url, limits=hasty).text == text


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"rubbish", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", reply(b"no gzip", Content_Encoding="gzip"), reply(gzip.compress(b"cut off", mtime=0)[:-9], Content_Encoding="gzip"),
        reply(b"x", Content_Encoding="br"), reply(b"x", Content_Encoding="gzip, gzip"), b"\x00" * 100, os.urandom(200).replace(b"HTTP", b"PTTH"),
    ],
)  # fmt: skip
def test_rubbish_is_no_answer(serve, hasty, sent):
    server = serve(lambda line: (server.head(line), line.sendall(sent)))
    with pytest.raises(http.Unreachable) as wrong:
        http.request("GET", server.url, limits=hasty)
    assert wrong.value.maybe_received
    assert str(wrong.value).endswith(".")


def test_nobody_at_home_was_not_told_anything(hasty):
    with pytest.raises(http.Unreachable, match="could not be connected to") as nobody:
        http.request("POST", "http://127.0.0.1:1/", body="x", limits=hasty)
    assert not nobody.value.maybe_received


def test_many_threads_call_side_by_side(serve):
    def script(line):
        while True:
            asked = server.head(line).split()[1]
            line.sendall(reply(asked.encode()))

    server = serve(script)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: http.request("GET", f"{server.url}/{n}").text, range(200)))
    assert answers == [f"/{n}" for n in range(200)]
    assert server.connections <= 8
