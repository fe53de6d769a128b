"""The cast, created once for all tests of a module, in a transaction that is rolled back after the module.

A conftest.py assigns `db`, `as_the_module_made_them` and, through `once`, the fixtures of tests.cast that it needs. The transaction of a
test is a savepoint within that of the module, so that what a test changes is undone after it, in the database and in the objects.
"""

import copy
import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.db.models import Model
from pytest_django import DjangoDbBlocker

from processr.plans import builder

Row = TypeVar("Row", bound=Model)
_at_hand: list[tuple[Model, dict[str, Any]]] = []
"""Objects that the module's fixtures returned, and their attributes at that time."""


def shared(row: Row) -> Row:
    """Return the row after noting its attributes, which are restored after each test."""
    _at_hand.append((row, copy.deepcopy(vars(row))))
    return row


def once(fixture: Any) -> Any:
    """Return the fixture with the scope of a module."""
    make: Callable[..., Any] = inspect.unwrap(fixture)

    @pytest.fixture(scope="module")
    @wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        value = make(*args, **kwargs)
        for row in value.values() if isinstance(value, dict) else (value,):
            if isinstance(row, Model):
                shared(row)
        return value

    return made


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
    _at_hand.clear()


@pytest.fixture(autouse=True)
def as_the_module_made_them() -> Iterator[None]:
    """Restore the objects, and forget the plans: after a rollback another plan may get the number of one that is cached."""
    builder._stored_plan.cache_clear()
    yield
    for row, values in _at_hand:
        vars(row).clear()
        vars(row).update(copy.deepcopy(values))
