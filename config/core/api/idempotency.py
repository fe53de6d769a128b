"""The `Idempotency-Key` header: a request that is sent twice is executed once."""

import hashlib
from collections.abc import Callable
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from config.core.errors import DomainError
from config.core.models import IdempotencyKey

WAIT = "5s"
MAX_KEY = 255
StoredResponse = tuple[int, dict[str, Any]]


class KeyReused(DomainError):
    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request.", status=409)


class StillRunning(DomainError):
    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being answered.", status=409)


def answer_once(principal: str, key: str, body: bytes, answer: Callable[[], StoredResponse]) -> StoredResponse:
    """Run `answer` and store its result in one transaction; return the stored result for the same key and body.

    A concurrent duplicate waits: inserting its key blocks until the first transaction ends. Raises KeyReused or
    StillRunning. When `answer` raises, or returns a status of 500 or more, everything it wrote is rolled back, the key
    included: the request may be sent again.
    """
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise DomainError(f"Idempotency-Key takes 1 to {MAX_KEY} printable characters.")
    sha256 = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        row = _insert(principal, key, sha256)
        if row is None:
            return _stored_answer(principal, key, sha256)
        status, content = answer()
        if status < 500:
            IdempotencyKey.objects.filter(pk=row).update(status=status, body=content)
        else:
            transaction.set_rollback(True)
        return status, content


def _insert(principal: str, key: str, sha256: str) -> int | None:
    """Insert the key; return None when it exists. Waits for the end of a transaction that is inserting the same key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        try:
            cursor.execute(
                "INSERT INTO core_idempotencykey (principal, key, request_sha256, at) VALUES (%s, %s, %s, now()) "
                "ON CONFLICT (principal, key) DO NOTHING RETURNING id",
                [principal, key, sha256],
            )
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise StillRunning from error
            raise
        row = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        return row[0] if row else None


def _stored_answer(principal: str, key: str, sha256: str) -> StoredResponse:
    stored = IdempotencyKey.objects.filter(principal=principal, key=key).first()
    if stored is None:  # its 24 hours ended at this moment
        raise StillRunning
    if stored.request_sha256 != sha256:
        raise KeyReused
    return cast(StoredResponse, (stored.status, stored.body))  # both are set when the key is committed
