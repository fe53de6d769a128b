"""The display of read-only columns: JSON in indented lines, rows of other tables as links."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib.admin import display as admin_display
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BinaryField, Field, JSONField, Model
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.lists.markup import markup

SECRETS = frozenset({
    "password", "digest", "refresh_digest", "api_key_digest", "api_key_sealed", "secret", "password_mark", "request_sha256",
    "new_secret", "new_password1", "new_password2",
})  # fmt: skip
"""Columns that no page shows: they hold a secret, or help to guess one."""
LONGEST = 50_000


def columns_of(model: type[Model]) -> list[str]:
    """Return the readable columns, without the internal ones of PostgreSQL (search vectors, bytes)."""
    return [
        field.name for field in model._meta.concrete_fields
        if field.name not in SECRETS and not isinstance(field, BinaryField) and field.get_internal_type() != "SearchVectorField"
    ]  # fmt: skip


def readable(model: type[Model], name: Any) -> Any:
    """Return `name` as `fieldsets` takes it, with a display function in place of a JSON column."""
    if not isinstance(name, str):
        return tuple(readable(model, part) for part in name) if isinstance(name, list | tuple) else name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return _json_display(field) if isinstance(field, JSONField) else name


@cache
def _json_display(field: Field) -> Callable[[Model], SafeString | str]:
    @admin_display(description=field.verbose_name)
    def show(row: Model) -> SafeString | str:
        return lines(getattr(row, field.attname))

    show.__name__ = field.name  # Django names the column by it
    return show


def lines(value: Any) -> SafeString | str:
    """Return JSON with one value a line, cut after `LONGEST` characters."""
    if value in (None, {}, [], ""):
        return "—"
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    rest = f"\n… and {len(text) - LONGEST:,} characters more" if len(text) > LONGEST else ""
    return markup('<pre class="lines">{}</pre>', text[:LONGEST] + rest)


def link(page: str, pk: Any, text: Any = None) -> SafeString | str:
    """Return a link to a row's page in the admin: link("leads_lead", 7). If the row is gone, that page reports it."""
    if pk is None:
        return "—"
    return markup('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), pk if text is None else text)


def search_link(page: str, search: Any, text: str) -> SafeString:
    """Return a link to the rows of another table that a search finds."""
    return markup('<a href="{}?q={}">{}</a>', reverse(f"admin:{page}_changelist"), search, text)
