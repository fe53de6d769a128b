"""The response to an outgoing call, and the text of an exchange."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.core.http.secrets import cut, cut_headers


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

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Parse the text as JSON. Raises ValueError for any invalid JSON, also when it is nested too deeply."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def written(first_line: str, headers: Mapping[str, str], body: str, *, secrets: Iterable[str]) -> str:
    """Return a message as it was on the wire, with secrets removed."""
    secrets = list(secrets)
    body = body.replace("\x00", "\N{SYMBOL FOR NULL}")  # no column can store NUL
    lines = [cut(first_line, secrets), *(f"{name}: {value}" for name, value in cut_headers(headers, secrets).items())]
    return "\n".join(lines) + (f"\n\n{cut(body, secrets)}" if body else "")
