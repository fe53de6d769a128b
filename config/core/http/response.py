"""The response to an outgoing call: its body, read up to the size limit, and the text of the exchange."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPResponse
from typing import Any

from config.core.http.errors import TooLarge, Unreachable
from config.core.http.packing import PACKINGS, BrokenPacking, Unpacker
from config.core.http.secrets import mask_headers, mask_secrets

PART = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of any status. Header names are in lower case; `sent` and `received` are the exchange as text, with secrets removed."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    took_ms: int
    url: str = field(repr=False)
    sent: str = field(repr=False)
    received: str = field(repr=False)
    content: bytes = field(repr=False, default=b"")
    """The unpacked body, of which `text` is the decoded form."""

    def json(self) -> Any:
        """Parse the text as JSON. Raises ValueError for any invalid JSON, also when it is nested too deeply."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def format_message(first_line: str, headers: Mapping[str, str], body: str, *, secrets: Iterable[str]) -> str:
    """Return a message as it was on the wire, with secrets removed."""
    secrets = list(secrets)
    body = body.replace("\x00", "\N{SYMBOL FOR NULL}")  # no column can store NUL
    lines = [mask_secrets(first_line, secrets), *(f"{name}: {value}" for name, value in mask_headers(headers, secrets).items())]
    return "\n".join(lines) + (f"\n\n{mask_secrets(body, secrets)}" if body else "")


def read_body(response: HTTPResponse, *, at_most: int, name: str) -> bytes:
    """Return the unpacked body. The limit holds for the packed and for the unpacked bytes.

    Raises TooLarge; Unreachable when the packing is broken or was not asked for.
    """
    packing = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if packing not in {"", "identity", *PACKINGS}:
        raise Unreachable(f"{name} answered in a form that was not asked for.", maybe_received=True)
    unpacker = Unpacker(packing, at_most=at_most) if packing in PACKINGS else None
    content = bytearray()
    while part := response.read(PART):
        try:
            content += unpacker.unpack(part) if unpacker else part
        except BrokenPacking as error:
            raise Unreachable("The answer could not be unpacked.", maybe_received=True) from error
        if len(content) > at_most:
            raise TooLarge(f"{name} answered more than {at_most:,} bytes.")
    if response.length or (unpacker and not unpacker.is_whole):
        raise Unreachable(f"The answer of {name} broke off.", maybe_received=True)
    return bytes(content)


def decode(content: bytes, headers: Message) -> str:
    """Decode the body. Bytes that cannot be decoded are replaced, so that a binary body does not fail."""
    charset = headers.get_content_charset() or "utf-8"
    try:
        return content.decode(charset, errors="replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return content.decode("utf-8", errors="replace").removeprefix("\ufeff")
