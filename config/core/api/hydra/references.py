"""References to other objects in bodies: by id, by address, or by the object as the API returned it."""

import re
from typing import Any

from config.core.api.hydra.filters import LARGEST_ID
from config.core.api.hydra.responses import BASE
from config.core.errors import DomainError

_NUMBER = re.compile("[1-9][0-9]{0,18}")


def reference(value: Any, to: str, *, field: str) -> int:
    """Return the id from 5, "5", "/api/v4/campaigns/5", {"id": 5} or {"@id": "/api/v4/campaigns/5"}.

    Any other value is refused under `field`.
    """
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    text = value.removeprefix(f"{BASE}/{to}/") if isinstance(value, str) else str(value) if type(value) is int else ""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_ID:
        raise DomainError(f"Must be an id, or an address as {BASE}/{to}/1.", field=field)
    return int(text)
