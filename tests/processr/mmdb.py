"""Writes small files of the MaxMind format, version 2: a tree of the bits of addresses, whose leaves point at records."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

SIZE = 24
"""Bits of a pointer: two of them make a node."""
_MAP, _STRING, _SHORT, _NUMBER, _LONG, _LIST = 7, 2, 5, 6, 9, 11
_EXTENDED = 7


class Number(NamedTuple):
    """A number with its kind in the format, by which readers go."""

    value: int
    kind: int = _NUMBER


def write(path: Path, places: Mapping[str, Any], *, ip_version: int = 4) -> None:
    """`places`: network → record."""
    nodes: list[list[int | None]] = [[None, None]]
    data, leaves = b"", []
    for network, record in places.items():
        leaves.append(len(data))
        _grow(nodes, ipaddress.ip_network(network), -len(leaves), ip_version)
        data += _value(record)
    path.write_bytes(_tree(nodes, leaves) + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _value(_metadata(len(nodes), ip_version)))


def _grow(nodes: list[list[int | None]], network: Any, leaf: int, ip_version: int) -> None:
    width = 128 if ip_version == 6 else 32
    bits = f"{int(network.network_address):0{width}b}"
    length = network.prefixlen + (width - network.max_prefixlen)
    here = 0
    for bit in map(int, bits[: length - 1]):
        there = nodes[here][bit]
        if there is None:
            nodes.append([None, None])
            there = nodes[here][bit] = len(nodes) - 1
        here = there
    nodes[here][int(bits[length - 1])] = leaf


def _tree(nodes: list[list[int | None]], leaves: list[int]) -> bytes:
    """A child is another node; the number of nodes, for nothing; or a place among the data, counted from there."""

    def pointer(child: int | None) -> bytes:
        if child is None:
            return len(nodes).to_bytes(3, "big")
        return (child if child > 0 else len(nodes) + 16 + leaves[-child - 1]).to_bytes(3, "big")

    return b"".join(pointer(child) for node in nodes for child in node)


def _value(value: Any) -> bytes:
    if isinstance(value, Mapping):
        return _head(_MAP, len(value)) + b"".join(_value(name) + _value(part) for name, part in value.items())
    if isinstance(value, list):
        return _head(_LIST, len(value)) + b"".join(map(_value, value))
    if isinstance(value, Number):
        content = value.value.to_bytes((value.value.bit_length() + 7) // 8, "big")
        return _head(value.kind, len(content)) + content
    content = str(value).encode()
    return _head(_STRING, len(content)) + content


def _head(kind: int, length: int) -> bytes:
    """Below 29 the length stands in the first byte; above, one more follows."""
    size, more = (length, b"") if length < 29 else (29, bytes([length - 29]))
    return bytes([(kind << 5) | size]) + more if kind <= _EXTENDED else bytes([size, kind - _EXTENDED]) + more


def _metadata(nodes: int, ip_version: int) -> dict[str, Any]:
    return {
        "node_count": Number(nodes), "record_size": Number(SIZE, _SHORT), "ip_version": Number(ip_version, _SHORT),
        "database_type": "Test-City", "languages": ["en"], "description": {"en": "A test"}, "build_epoch": Number(1_700_000_000, _LONG),
        "binary_format_major_version": Number(2, _SHORT), "binary_format_minor_version": Number(0, _SHORT),
    }  # fmt: skip
