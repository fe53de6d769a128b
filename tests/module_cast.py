"""The cast, created once for all tests of a module, in a transaction that is rolled back after the module.

A conftest.py assigns the fixtures of `ONCE`, and makes its own by `once` where they cost much. The transaction of a test is a savepoint
within that of the module, so that what a test changes is undone after it, in the database and in the objects. A module below it in which
some test commits assigns those of `ANEW` and has its cast created for each test.
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
from pytest_django.fixtures import db as db_anew

from processr.plans import builder
from tests import cast

ANEW = (db_anew, cast.bob, cast.currency, cast.acme, cast.pat, cast.form, cast.make_campaign, cast.campaign, cast.make_leads)
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
def as_the_module_made_them(request: pytest.FixtureRequest) -> Iterator[None]:
    """Restore the rows and the objects, and forget the plans: after a rollback another plan may get the number of one that is cached."""
    if "db" in request.fixturenames:
        request.getfixturevalue("_django_db_helper")  # which has opened the savepoint already where the test is marked `django_db`
    builder._stored_plan.cache_clear()
    yield
    for row, values in _at_hand:
        vars(row).clear()
        vars(row).update(copy.deepcopy(values))


ONCE = (
    db, as_the_module_made_them,
    *map(once, (cast.bob, cast.currency, cast.acme, cast.pat, cast.form, cast.make_campaign, cast.campaign, cast.make_leads)),
)  # fmt: skip
