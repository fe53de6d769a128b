"""Transaction ids as a column type."""

from typing import Any

from django.db import models
from django.db.models import Func
from typing_extensions import override


class Xid8Field(models.Field):
    """The id of the transaction that wrote the row.

    A feed shows only rows older than every running transaction, because those may still add rows before the ones
    already shown.
    """

    @override
    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_prep_value(self, value: Any) -> str | None:
        """Pass the value as text: PostgreSQL takes no integer for an xid8."""
        return None if value is None else str(value)

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)


class CurrentXid(Func):
    function = "pg_current_xact_id"
    arity = 0
    output_field = Xid8Field()
