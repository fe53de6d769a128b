"""The demo world: made once, in one transaction, told in one file."""

import json
import os
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction

from config.panel.errors import DomainError
from config.panel.models import User
from config.panel.points import demo_steps

SEED = 11


def path() -> Path:
    return Path(settings.STATE_DIR) / "demo.json"


def told() -> dict[str, Any]:
    """What examples, tests and scripts need (DESIGN 10)."""
    if not path().exists():
        raise DomainError("There is no demo world in this installation. Make one: manage.py demo", status=404)
    return {"base_url": settings.BASE_URL, **json.loads(path().read_text())}


def make() -> dict[str, Any]:
    """Raises DomainError where it is not allowed or the world is there already."""
    if not (settings.EMBEDDED or os.environ.get("SLUICE_DEMO") == "1"):
        raise DomainError("This is not the embedded database. Set SLUICE_DEMO=1 if demo data may go into it.")
    with transaction.atomic():
        if User.objects.exists():
            raise DomainError("There are users already: the demo world is made only in an empty installation.", status=409)
        world: dict[str, Any] = {"client": settings.OAUTH_CLIENT, "users": [], "advertisers": [], "publishers": [], "campaigns": []}
        random = Random(SEED)  # noqa: S311  (the same world everywhere; keys and passwords come from elsewhere)
        for step in sorted(demo_steps, key=lambda step: step.order):
            step.run(world, random)
        _write(world)
    return world


def _write(world: dict[str, Any]) -> None:
    """Before the commit: a world whose passwords nobody knows would be worse than a file about a world that was rolled back."""
    draft = path().with_suffix(".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(world, file, indent=2)
    draft.replace(path())
