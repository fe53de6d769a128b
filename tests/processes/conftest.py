"""One running installation for all tests of this folder that do not need one of their own."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.embedded.conftest import own_folder
from tests.processes.sluice import Sluice


@contextmanager
def running(**environment: str) -> Iterator[Sluice]:
    with own_folder() as folder:
        sluice = Sluice(folder, **environment)
        try:
            sluice.start()
            yield sluice
        finally:
            sluice.end()
            if (elsewhere := folder / "pg").is_symlink():  # where root's server keeps its data outside a closed checkout
                shutil.rmtree(elsewhere.resolve().parent)


@pytest.fixture(scope="package")
def sluice() -> Iterator[Sluice]:
    with running() as started:
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure brings the logs along: their folder is gone by the time somebody reads it."""
    report = yield
    sluice: Any = item.funcargs.get("sluice")
    if report.failed and sluice:
        report.sections.append(("logs of the installation", sluice.last_words()))
    return report
