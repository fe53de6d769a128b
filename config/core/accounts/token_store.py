"""Stored access tokens, found by their digest. One query returns the token, its user and whether its source is still in force."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache

from django.db import connection

from config.core.accounts import tokens
from config.core.models import User

proofs: dict[str, str] = {}
"""Maps each token source besides the password to the SQL condition, over `token.source_id`, under which it is in force.

Filled in AppConfig.ready. A token with a source that is not registered here is not valid.
"""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token row with its user. `in_force` is whether the source it was issued for is still valid."""

    pk: int
    session: uuid.UUID
    source: str
    source_id: int | None
    client_id: str
    password_mark: str
    expires_at: datetime
    refresh_expires_at: datetime | None
    refreshed_at: datetime | None
    revoked_at: datetime | None
    in_force: bool
    user: User

    @property
    def ended(self) -> bool:
        """Whether the token is no longer valid for another reason than its expiry."""
        same_password = self.password_mark == mark_of_password(self.user)
        return self.revoked_at is not None or not (self.in_force and self.user.is_active and same_password)

    def refreshable(self, client_id: str, now: datetime) -> bool:
        in_time = self.refresh_expires_at is not None and self.refresh_expires_at > now
        return in_time and self.refreshed_at is None and self.client_id in ("", client_id) and not self.ended


def mark_of_password(user: User) -> str:
    return tokens.digest(user.password)[:16]


def find(column: str, token: str, *, locked: bool = False) -> StoredToken | None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(select(column, locked), [tokens.digest(token)])
        row = cursor.fetchone()
    return row and StoredToken(*[*row[: -len(_USER_COLUMNS)], User.from_db(connection.alias, _USER_COLUMNS, row[-len(_USER_COLUMNS) :])])


_TOKEN_COLUMNS = [field.name for field in fields(StoredToken) if field.name not in ("in_force", "user")]
_USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]


@cache
def select(column: str, locked: bool) -> str:
    """Return the SELECT for a token.

    It is written by hand because the ORM takes longer to build it than PostgreSQL to run it, and every call with a
    token runs it.
    """
    columns = ", ".join(["token." + ("id" if name == "pk" else name) for name in _TOKEN_COLUMNS])
    cases = " ".join(f"WHEN '{source}' THEN {proof}" for source, proof in proofs.items())
    in_force = f"CASE token.source {cases} ELSE token.source_id IS NULL END" if cases else "token.source_id IS NULL"
    user_columns = ", ".join(f'person."{name}"' for name in _USER_COLUMNS)
    return (
        f"SELECT {columns}, {in_force}, {user_columns} FROM core_accesstoken AS token "  # noqa: S608  (nothing in it comes from outside)
        f"JOIN core_user AS person ON person.id = token.user_id WHERE token.{column} = %s"
        + (" FOR NO KEY UPDATE OF token" if locked else "")
    )
