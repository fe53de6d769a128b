"""One running installation for all tests of this folder that do not need one of their own."""

import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.conftest import own_folder
from tests.processes.sluice import STARTED_WITHIN, Sluice

PREPARED = ("pg", "static", "static.stamp", "demo.json", "secret.json")
PREPARE = "from config.embedded.management.commands.serve import prepare; prepare(with_demo=True)"
_kept_open = ExitStack()


@contextmanager
def running(**environment: str) -> Iterator[Sluice]:
    """One of a test's own, as it stands after its first start: its tables, static files and demo world are copied."""
    with own_folder() as folder:
        copy_prepared(folder)
        with started(folder, **environment) as sluice:
            yield sluice


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Sluice]:
    sluice = Sluice(folder, **environment)
    try:
        sluice.start()
        yield sluice
    finally:
        sluice.end()
        forget_data_elsewhere(folder)


def copy_prepared(folder: Path) -> None:
    made = prepared()
    if not (made / "pg").is_symlink():  # a copied link would be the same cluster: this one starts from nothing
        subprocess.run(["cp", "-a", *(made / name for name in PREPARED), folder], check=True)


@cache
def prepared() -> Path:
    """What `manage.py serve` makes before it starts anything: making it anew for each would be most of their time."""
    folder = _kept_open.enter_context(own_folder())
    _kept_open.callback(forget_data_elsewhere, folder)
    words = ("-m", "config.embedded", "with-servers", "--", sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE)
    Sluice(folder).run(*words, within=STARTED_WITHIN)
    return folder


def forget_data_elsewhere(folder: Path) -> None:
    """Where root's server keeps its data outside a closed checkout."""
    if (elsewhere := folder / "pg").is_symlink():
        shutil.rmtree(elsewhere.resolve().parent)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    prepared.cache_clear()
    _kept_open.close()


@pytest.fixture(scope="package")
def sluice() -> Iterator[Sluice]:
    """Started in an empty folder, as anybody's first."""
    with own_folder() as folder, started(folder) as first:
        yield first


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure brings the logs along: their folder is gone by the time somebody reads it."""
    report = yield
    sluice: Any = item.funcargs.get("sluice")
    if report.failed and sluice:
        report.sections.append(("logs of the installation", sluice.last_words()))
    return report
