"""What came back, and how a call is written down."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.core.http.secrets import cut, cut_headers


@dataclass(frozen=True, slots=True)
class Answer:
    """Any answer, whatever its status. `headers` by small letters; `sent` and `received` are the exchange as text, secrets cut."""

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
        """Raises ValueError for what is no JSON, however it is broken."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def written(first_line: str, headers: Mapping[str, str], body: str, *, secrets: Iterable[str]) -> str:
    """As it stood on the wire, but for its secrets."""
    secrets = list(secrets)
    body = body.replace("\x00", "\N{SYMBOL FOR NULL}")  # no column keeps the sign itself
    lines = [cut(first_line, secrets), *(f"{name}: {value}" for name, value in cut_headers(headers, secrets).items())]
    return "\n".join(lines) + (f"\n\n{cut(body, secrets)}" if body else "")
