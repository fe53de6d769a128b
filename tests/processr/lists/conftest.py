"""Lists for the cast's campaigns, and a state folder of each test's own."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from config.core.accounts import roles
from config.core.background.runs import work_on
from config.core.models import User
from processr.lists import importing, services
from processr.lists.importing import ValueImportRun
from processr.lists.services import AddResult
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport
from tests.cast import make_user


@pytest.fixture(autouse=True)
def state(tmp_path: Path, settings) -> Path:
    settings.STATE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def admin(db) -> User:
    return make_user(roles.ADMIN)


@pytest.fixture
def make_list(bob) -> Callable[..., ValidationList]:
    """make_list("a", "b", name=…, advertiser=…, private=…)"""

    def make(*values: str, name: str = "Key accounts", advertiser=None, private: bool = False) -> ValidationList:
        listed = services.create_list(name, advertiser=advertiser, private=private, actor=bob)
        if values:
            services.add_values(listed, values, actor=bob)
            listed.refresh_from_db()
        return listed

    return make


@pytest.fixture
def listed(make_list) -> ValidationList:
    return make_list()


@pytest.fixture
def suppress(bob) -> Callable[..., AddResult]:
    return lambda kind, *entries: services.suppress(kind, entries, actor=bob)


@pytest.fixture
def begin(bob) -> Callable[..., ValueImport]:
    """begin(listed, b"…") or begin("email", b"…"): queued."""

    def begin(into: ValidationList | str, *upload: bytes, delimiter: str = "", name: str = "values.csv") -> ValueImport:
        place = ListTarget.of(into) if isinstance(into, str) else ListTarget.of("list", into.pk)
        return importing.start_import(
            place, upload, name=name, delimiter=delimiter, actor=bob, validation_list=None if isinstance(into, str) else into
        )

    return begin


@pytest.fixture
def taken_in(begin) -> Callable[..., ValueImport]:
    """An import as by `begin`, run to its end."""

    def run(*args, **options) -> ValueImport:
        run = begin(*args, **options)
        work_on(ValueImportRun, run.pk, seconds=60)
        run.refresh_from_db()
        return run

    return run


def values_of(listed: ValidationList) -> list[str]:
    return list(listed.values.order_by("key").values_list("value", flat=True))


def upload(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
