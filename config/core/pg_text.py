"""Text that PostgreSQL can store."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether the text holds neither NUL nor lone surrogates."""
    return _UNSTORABLE.search(text) is None


def without_unstorable(text: str) -> str:
    return _UNSTORABLE.sub("", text)
