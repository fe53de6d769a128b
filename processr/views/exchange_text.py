"""The exchange with a provider or receiver as people read it: JSON indented, everything else as it came."""

import json
import re
from collections.abc import Iterator

from processr.job_types.exchange import BETWEEN

INDENTED_AT_MOST = 100_000
DEEPEST = 40
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_ESCAPES = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}")
"""The escapes of one character, and the one of a backslash, after which a u begins none."""
_INDENT = "  "


def readable(message: str, *, answer_at: int | None) -> str:
    """Return the request and the answer, of which the latter begins at a place: each a head, an empty line and a body."""
    parts = [message] if not answer_at or answer_at >= len(message) else [message[: answer_at - len(BETWEEN)], message[answer_at:]]
    return BETWEEN.join(_readable_part(part) for part in parts)


def _readable_part(part: str) -> str:
    head, between, body = part.partition(BETWEEN)
    return f"{head}{between}{indented(body)}"


def indented(text: str) -> str:
    """Return JSON with a line for each member, and any other text as it is.

    Names, numbers and texts stay as they were written, repeated names included: it is the exact message that is read. Of the
    escapes, those of printable characters are shown as these: the é of \\u00e9.
    """
    if text.lstrip()[:1] not in ("{", "[") or len(text) > INDENTED_AT_MOST:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    tokens = _TOKEN.findall(text)
    return text if _depth(tokens) > DEEPEST else "".join(_lines(tokens))


def _character(escape: re.Match[str]) -> str:
    """Return the character, or the escape of one that cannot be read in a text, and of the quotation mark and the backslash."""
    written = escape[0]
    character = json.loads(f'"{written}"')
    return character if character.isprintable() and character not in '"\\' else written


def _depth(tokens: list[str]) -> int:
    depth = deepest = 0
    for token in tokens:
        depth += (token in "{[") - (token in "}]")
        deepest = max(deepest, depth)
    return deepest


def _lines(tokens: list[str]) -> Iterator[str]:
    depth, before = 0, ""
    for token in tokens:
        if token in "}]":
            depth -= 1
            if before not in ("{", "["):
                yield f"\n{_INDENT * depth}"
        elif before in ("{", "["):
            yield f"\n{_INDENT * depth}"
        if token in "{[":
            depth += 1
        yield _ESCAPES.sub(_character, token) if token[0] == '"' else token
        if token == ",":
            yield f"\n{_INDENT * depth}"
        elif token == ":":
            yield " "
        before = token
