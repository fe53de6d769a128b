"""Addresses that begin with a prefix: compared as servers read them, not as they are written."""

import pytest

from config.core import http
from config.core.http.target import is_below, target_of
from tests.core.outbound.servers import reply

PREFIX = "https://api.example.com/v1/leads"
BELOW = [
    PREFIX, f"{PREFIX}/", f"{PREFIX}/7", f"{PREFIX}?x=1", f"{PREFIX}/a/b?c=..", "https://API.example.com/v1/leads/7", "https://api.example.com:443/v1/leads",
    "https://api.example.com./v1/leads", "https://api.example.com/%76%31/leads", f"{PREFIX}/a%20b", f"{PREFIX}#x", f"{PREFIX}/...", f"{PREFIX}/.hidden",
]  # fmt: skip
ELSEWHERE = [
    "https://api.example.com.evil.com/v1/leads", "https://api.example.com/", "https://api.example.com/v1", "https://api.example.com/v1/leadsx",
    "https://api.example.com/v1/leads.json", "https://api.example.com:8443/v1/leads", "http://api.example.com/v1/leads", "https://example.com/v1/leads",
    "https://evil.com/https://api.example.com/v1/leads", f"{PREFIX}/../admin", f"{PREFIX}/..", f"{PREFIX}/./../../x", f"{PREFIX}/%2e%2e/admin",
    f"{PREFIX}/%2E%2E/admin", f"{PREFIX}/.%2e/admin", f"{PREFIX}/%252e%252e/admin", f"{PREFIX}/%25252e%25252e/x", f"{PREFIX}/..;/admin", f"{PREFIX}/..;a=b/x",
    f"{PREFIX}/a%2f..%2f..%2fadmin", f"{PREFIX}/a%5c..%5cadmin", f"{PREFIX}/%2e", f"{PREFIX}/a%00b", f"{PREFIX}/a%3f", "https://api.example.com//v1/leads",
    "https://api.example.com/v1//leads", "https://api.example.com/V1/leads", "https://xn--pi-7bb.example.com/v1/leads", f"{PREFIX}/a%0d%0ab",
    f"{PREFIX}/%c0%ae%c0%ae/x", f"{PREFIX}/．．/x", f"{PREFIX}/%EF%BC%8E%EF%BC%8E/x", f"{PREFIX}/‥/x", f"{PREFIX}/a%ff/x",
]  # fmt: skip


@pytest.mark.parametrize("url", BELOW)
@pytest.mark.parametrize("prefix", [PREFIX, f"{PREFIX}/"])
def test_what_is_below(url, prefix):
    assert is_below(target_of(url), target_of(prefix))


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("prefix", [PREFIX, f"{PREFIX}/"])
def test_what_is_not(url, prefix):
    assert not is_below(target_of(url), target_of(prefix))


@pytest.mark.parametrize("url", ["https://api.example.com@evil.com/v1/leads", "https://u:p@api.example.com/v1/leads", f"{PREFIX}\\..\\x"])
def test_what_is_no_address_at_all(url):
    with pytest.raises(http.AddressRefused):
        target_of(url)


def test_the_whole_host_is_a_prefix_too():
    host = target_of("https://api.example.com")
    assert is_below(target_of("https://api.example.com/x/y"), host)
    assert not is_below(target_of("https://api.example.com/x/../y"), host)


@pytest.mark.parametrize(
    ("location", "keeps"), [("/v1/other", True), ("/v1/a?b=c", True), ("/v2/echo", False), ("/v1/../v2", False), ("/v1/%2e%2e/v2", False)]
)  # fmt: skip
def test_a_redirect_out_of_the_prefix_takes_no_secret_along(serve, house, location, keeps):
    answers = iter([reply(status="302 Found", Location=location), reply(b"there")])
    server = serve(lambda line: (server.head(line), line.sendall(next(answers))))
    secret = {"Authorization": "Bearer whisper"}
    answer = http.request("GET", f"{server.url}/v1/start", headers=secret, secrets=["whisper"], within=f"{server.url}/v1")
    assert answer.text == "there"
    assert ["whisper" in head for head in server.heads] == [True, keeps]


def test_a_body_is_not_sent_on_out_of_the_prefix(serve, house):
    server = serve(lambda line: (server.head(line), line.sendall(reply(status="307 Again", Location="/v2"))))
    with pytest.raises(http.AddressRefused, match="was not given what is sent"):
        http.request("POST", f"{server.url}/v1", body="e=anna@example.com", within=f"{server.url}/v1")
    assert len(server.heads) == 1


def test_nothing_is_sent_outside_in_the_first_place(serve, house):
    server = serve(lambda line: line.sendall(reply()))
    with pytest.raises(http.AddressRefused, match="limited to"):
        http.request("GET", f"{server.url}/v2", within=f"{server.url}/v1")
    assert server.connections == 0
