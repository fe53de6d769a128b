"""Encryption of stored secrets with the installation's field keys: the newest key encrypts, every key decrypts.

`reseal_all` encrypts all of them with the newest key, so that older keys can be thrown away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from config.core.models.open_bytes import OpenBytesField

CHUNK = 500


def seal(text: str) -> bytes:
    return _keys().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Decrypt a secret. Raises cryptography.fernet.InvalidToken when it was written with none of the installation's keys."""
    return _keys().decrypt(bytes(sealed)).decode()


def resealed(sealed: bytes | memoryview) -> bytes | None:
    """Return the secret encrypted with the newest key; None when it is already. Raises InvalidToken as `unseal` does."""
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(bytes(sealed))
    except InvalidToken:
        return _keys().rotate(bytes(sealed))
    return None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


@dataclass
class ResealResult:
    """The number of rows that were written anew, per column, and the rows that no key opens."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def reseal_all() -> ResealResult:
    """Re-encrypt every secret. It may be stopped and called again: secrets under the newest key are skipped."""
    result = ResealResult()
    for model, column in sealed_columns():
        name = f"{model._meta.label}.{column}"
        result.rows[name] = 0
        for ids in _id_chunks(model):
            count, lost = _reseal_rows(model, column, ids)
            result.rows[name] += count
            result.lost += [f"{name} of row {pk}" for pk in lost]
    return result


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """Return every binary column but those of open bytes: the database holds no others than encrypted secrets."""
    concrete_models = [model for model in apps.get_models() if not model._meta.proxy]
    columns = [(model, column) for model in concrete_models for column in model._meta.concrete_fields]
    return [
        (model, column.attname)
        for model, column in columns
        if isinstance(column, models.BinaryField) and not isinstance(column, OpenBytesField)
    ]


def _id_chunks(model: type[models.Model]) -> Iterator[list[int]]:
    last = 0
    while ids := list(model._default_manager.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        yield ids
        last = ids[-1]


@transaction.atomic
def _reseal_rows(model: type[models.Model], column: str, ids: list[int]) -> tuple[int, list[int]]:
    """Re-encrypt rows under their locks: a secret that is set meanwhile must not be overwritten by the one before it.

    Empty columns hold no secret.
    """
    lost: list[int] = []
    count = 0
    rows = model._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    for pk, stored in rows.exclude(**{column: b""}).values_list("pk", column):
        try:
            fresh = resealed(stored)
        except InvalidToken:
            lost.append(pk)
            continue
        if fresh is not None:
            count += model._default_manager.filter(pk=pk).update(**{column: fresh})
    return count, lost
