"""How columns are shown where nobody edits them: JSON in readable lines, rows of other tables as links."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BinaryField, Field, JSONField, Model
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.lists.markup import markup

SECRETS = frozenset({
    "password", "digest", "refresh_digest", "api_key_digest", "api_key_sealed", "secret", "password_mark", "request_sha256",
    "new_secret", "new_password1", "new_password2",
})  # fmt: skip
"""Columns no page shows: what they hold opens something, or helps to guess what does."""
LONGEST = 50_000


def columns_of(model: type[Model]) -> list[str]:
    """Every column a person may read; what PostgreSQL keeps for itself (search vectors, bytes) says nothing to anybody."""
    unreadable = (BinaryField,)
    return [
        field.name for field in model._meta.concrete_fields
        if field.name not in SECRETS and not isinstance(field, unreadable) and field.get_internal_type() != "SearchVectorField"
    ]  # fmt: skip


def readable(model: type[Model], name: Any) -> Any:
    """As `fieldsets` take it: a function in the place of a JSON column, everything else as it is."""
    if not isinstance(name, str):
        return tuple(readable(model, part) for part in name) if isinstance(name, list | tuple) else name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return _lines_of(field) if isinstance(field, JSONField) else name


@cache
def _lines_of(field: Field) -> Callable[[Model], SafeString | str]:
    def show(row: Model) -> SafeString | str:
        return lines(getattr(row, field.attname))

    show.__name__, show.short_description = field.name, field.verbose_name  # type: ignore[attr-defined]  # what Django reads
    return show


def lines(value: Any) -> SafeString | str:
    """JSON, a value a line, cut where nobody would read on."""
    if value in (None, {}, [], ""):
        return "—"
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    rest = f"\n… and {len(text) - LONGEST:,} characters more" if len(text) > LONGEST else ""
    return markup('<pre class="lines">{}</pre>', text[:LONGEST] + rest)


def link(page: str, pk: Any, text: Any = None) -> SafeString | str:
    """To a row's page in the admin: link("leads_lead", 7). There may be no such row any more; then that page says so."""
    if pk is None:
        return "—"
    return markup('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), pk if text is None else text)


def found(page: str, search: Any, text: str) -> SafeString:
    """To the rows of another table that a search finds."""
    return markup('<a href="{}?q={}">{}</a>', reverse(f"admin:{page}_changelist"), search, text)
