"""The demo world: made once, in one transaction, and described in one file."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from config.core import extension_points
from config.core.background import locks
from config.core.errors import DomainError
from config.core.models import User


def path() -> Path:
    return Path(settings.STATE_DIR) / "demo.json"


def description() -> dict[str, Any]:
    """Return the description of the demo world, with the present base URL, for examples, tests and scripts."""
    if not path().exists():
        raise DomainError("There is no demo world in this installation. Make one: manage.py demo", status=404)
    return {**json.loads(path().read_text()), "base_url": settings.BASE_URL}


def is_inhabited() -> bool:
    """Return whether there are users. Check these, not the file: a killed command can leave a file without data."""
    return User.objects.exists()


def make() -> dict[str, Any]:
    """Make the demo world. Raises DomainError where it is not allowed or users exist."""
    if not (settings.EMBEDDED or os.environ.get("SLUICE_DEMO") == "1"):
        raise DomainError("This is not the embedded database. Set SLUICE_DEMO=1 if demo data may go into it.")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.MAKE_DEMO])
        if is_inhabited():
            raise DomainError("There are users already: the demo world is made only in an empty installation.", status=409)
        world: dict[str, Any] = {
            "base_url": settings.BASE_URL, "client": settings.OAUTH_CLIENT,
            "users": [], "advertisers": [], "publishers": [], "campaigns": [],
        }  # fmt: skip
        for step in sorted(extension_points.demo_steps, key=lambda step: step.order):
            step.run(world)
        _write(world)
    return world


def _write(world: dict[str, Any]) -> None:
    """Write the file. It is written before the commit, so that the passwords are never lost."""
    draft = path().with_suffix(".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(world, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path())
