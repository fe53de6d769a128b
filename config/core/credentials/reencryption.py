"""Re-encryption of all stored secrets with the newest field key, so that older keys can be thrown away."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models, transaction

from config.core.credentials import encryption

CHUNK = 500


@dataclass
class Resealed:
    """The number of rows that were written anew, per column, and the rows that no key opens."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def reseal() -> Resealed:
    """Re-encrypt every secret. It may be stopped and called again: secrets under the newest key are skipped."""
    done = Resealed()
    for model, column in sealed_columns():
        name = f"{model._meta.label}.{column}"
        done.rows[name] = 0
        for ids in _chunks(model):
            count, lost = _reseal_rows(model, column, ids)
            done.rows[name] += count
            done.lost += [f"{name} of row {pk}" for pk in lost]
    return done


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """Return every binary column: the database holds no other bytes than encrypted secrets."""
    ours = [model for model in apps.get_models() if not model._meta.proxy]
    return [(model, column.attname) for model in ours for column in model._meta.concrete_fields if isinstance(column, models.BinaryField)]


def _chunks(model: type[models.Model]) -> Iterator[list[int]]:
    last = 0
    while ids := list(model._default_manager.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        yield ids
        last = ids[-1]


@transaction.atomic
def _reseal_rows(model: type[models.Model], column: str, ids: list[int]) -> tuple[int, list[int]]:
    """Re-encrypt rows under their locks: a secret that is set meanwhile must not be overwritten by the one before it."""
    lost: list[int] = []
    count = 0
    rows = model._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    for pk, kept in rows.values_list("pk", column):
        try:
            fresh = encryption.resealed(kept)
        except InvalidToken:
            lost.append(pk)
            continue
        if fresh is not None:
            count += model._default_manager.filter(pk=pk).update(**{column: fresh})
    return count, lost
