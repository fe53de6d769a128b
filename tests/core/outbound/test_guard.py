"""The address guard: which addresses may be called, however they are spelt and resolved."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.core import http
from config.core.http.address_guard import may_call, parse_allowed_destinations
from tests.core.outbound.servers import reply

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
    "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001:80b::200e", "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_not_called(allow, address):
    assert not may_call(address, host="partner.example", port=443)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_called(allow, address):
    assert may_call(address, host="partner.example", port=443)


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "allowed"),
    [
        ("10.0.0.0/8", "crm.intranet", 443, "10.1.2.3", True),
        ("10.0.0.0/8", "crm.intranet", 443, "11.1.2.3", True),  # public anyway
        ("10.1.0.0/16", "crm.intranet", 443, "10.2.0.1", False),
        ("10.1.2.3", "anything", 1, "10.1.2.3", True),
        ("10.1.2.3:8080", "anything", 8080, "10.1.2.3", True),
        ("10.1.2.3:8080", "anything", 8081, "10.1.2.3", False),
        ("10.0.0.0/8", "mapped", 443, "::ffff:10.1.2.3", True),
        ("fd12::/16", "six", 443, "fd12::1", True),
        ("[::1]:8080", "six", 8080, "::1", True),
        ("[::1]:8080", "six", 80, "::1", False),
        ("[::1]", "six", 80, "::1", True),
        ("::1", "six", 80, "::1", True),
        ("crm.intranet", "crm.intranet", 443, "192.168.1.1", True),
        ("crm.intranet", "CRM.intranet", 1, "127.0.0.1", True),
        ("crm.intranet", "evil-crm.intranet", 443, "192.168.1.1", False),
        ("crm.intranet", "crm.intranet.evil.example", 443, "192.168.1.1", False),
        ("crm.intranet:8443", "crm.intranet", 8443, "192.168.1.1", True),
        ("crm.intranet:8443", "crm.intranet", 443, "192.168.1.1", False),
        ("crm.intranet", "crm.intranet", 443, "169.254.169.254", False),
        ("crm.intranet", "crm.intranet", 443, "::ffff:169.254.169.254", False),
        ("crm.intranet", "crm.intranet", 443, "fd00:ec2::254", False),
        ("crm.intranet", "crm.intranet", 443, "fe80::1", False),
        ("crm.intranet", "crm.intranet", 443, "fe80::1%eth0", False),
        ("crm.intranet", "crm.intranet", 443, "ff02::1", False),
        ("crm.intranet", "crm.intranet", 443, "::", False),
        ("crm.intranet:65535", "crm.intranet", 65535, "192.168.1.1", True),
        ("169.254.169.254", "metadata", 80, "169.254.169.254", True),
    ],
)
def test_the_operator_may_allow_hosts_ports_and_networks(allow, entry, host, port, address, allowed):
    allow("other.example", f" {entry} ", "")
    assert may_call(address, host=host, port=port) is allowed


@pytest.mark.parametrize(
    "entry",
    [
        "http://crm.intranet",
        "10.0.0.0/33",
        "crm.intranet:0",
        "crm.intranet:65536",
        "crm.intranet:99999",
        "crm intranet",
        "*",
        "a:b:c",
        "user@host",
    ],
)
def test_an_allow_list_that_is_not_understood_is_said_to_be_so(entry):
    with pytest.raises(ImproperlyConfigured, match="OUTBOUND_ALLOW"):
        parse_allowed_destinations([entry])


SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "localhost", "LOCALHOST.", "0", "0.0.0.0", "[::]", "①②⑦.⓪.⓪.①", "127。0。0。1",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_loopback_is_not_reached_however_it_is_spelt(allow, serve, host):
    server = serve(lambda line: line.sendall(reply(b"the inner door")))
    with pytest.raises((http.AddressRefused, http.Unreachable)) as refused:
        http.request("GET", f"http://{host}:{server.port}/")
    assert server.connections == 0
    assert isinstance(refused.value, http.AddressRefused) or "There is no host" in str(refused.value)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "::1", "fd00:ec2::254"])
def test_a_name_that_leads_inside_is_refused(allow, names, address):
    names["partner.example"] = [address]
    with pytest.raises(http.AddressRefused, match="not on the public internet"):
        http.request("GET", "http://partner.example/")


def test_of_several_addresses_only_those_that_may_be_called_are_tried(house, names, serve):
    server = serve(lambda line: line.sendall(reply(b"hello")))
    names["partner.example"] = ["10.0.0.1", "127.0.0.1"]
    assert http.request("GET", f"http://partner.example:{server.port}/").text == "hello"


def test_a_name_is_looked_up_once_so_a_second_answer_cannot_lead_inside(allow, names, serve, monkeypatch):
    """The check sees a public address; whoever looks up again would be led to loopback."""
    inner = serve(lambda line: line.sendall(reply(b"the inner door")))
    names["rebound.example"] = [["192.0.2.1"], ["127.0.0.1"], ["127.0.0.1"]]
    allow("192.0.2.1")
    with pytest.raises(http.Unreachable):
        http.request("GET", f"http://rebound.example:{inner.port}/", limits=http.Limits(connect=0.3, total=0.5))
    assert inner.connections == 0
    assert len(names["rebound.example"]) == 2


def test_a_kept_connection_is_not_used_when_its_address_may_no_longer_be_called(house, allow, serve):
    server = serve(lambda line: [server.head(line) and line.sendall(reply(b"ok")) for _ in range(3)])
    http.request("GET", server.url)
    allow()
    with pytest.raises(http.AddressRefused):
        http.request("GET", server.url)
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://a.example/", "begins with"), ("file:///etc/passwd", "begins with"), ("gopher://a.example/", "begins with"), ("a.example/x", "begins with"),
        ("//a.example/", "begins with"), ("javascript:alert(1)", "begins with"), ("", "begins with"), ("https://", "no host"), ("https:///x", "no host"),
        ("https://u:p@a.example/", "credential"), ("https://u@a.example/", "credential"), ("https://a.example@127.0.0.1/", "credential"),
        ("https://a.example:0/", "no port 0"), ("https://a.example:99999/", "not complete"), ("https://a.example:x/", "not complete"),
        ("https://[::1/", "not complete"), ("https://a b.example/", "no spaces"), ("https://a.example/\r\nHost: b", "no spaces"), ("https://a.example/\tx", "no spaces"),
        ("https://a.example\\@b.example/", "no spaces"), ("https://a.example/\x00", "no spaces"), ("https://a.example/\ud800", "no spaces"), ("https://a%00.example/", "no host"),
        ("https://[fe80::1%25eth0]/", "no host"), ("https://a..example/", "no host"), ("https://" + "a" * 300 + ".example/", "no host"), ("https://a.example/" + "x" * 9000, "at most"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused_in_words(url, says):
    with pytest.raises(http.AddressRefused, match=says):
        http.target_of(url)


@pytest.mark.parametrize(
    ("url", "name", "target"),
    [
        ("https://a.example", "a.example", "/"), ("https://A.Example.:443/x?y=1#part", "a.example", "/x?y=1"), ("http://a.example:8080/é", "a.example:8080", "/%C3%A9"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"), ("https://a.example/a%2Fb?q=a+b%20c", "a.example", "/a%2Fb?q=a+b%20c"),
        ("https://[2606:4700::1111]:444/", "[2606:4700::1111]:444", "/"), ("https://a.example?q={x}", "a.example", "/?q=%7Bx%7D"),
    ],
)  # fmt: skip
def test_an_address_is_sent_as_it_was_meant(url, name, target):
    place = http.target_of(url)
    assert (place.name, place.target) == (name, target)
