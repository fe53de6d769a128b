"""One installation for all tests of this folder. A test that ends or kills a part of it leaves the restart to the next one."""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.conftest import own_folder
from tests.processes.sluice import Sluice


@pytest.fixture(scope="package")
def home() -> Iterator[Sluice]:
    """It may call this machine, where the tests' providers are."""
    with own_folder() as folder:
        sluice = Sluice(folder, SLUICE_OUTBOUND_ALLOW="127.0.0.0/8")
        try:
            yield sluice
        finally:
            sluice.end()
            forget_data_elsewhere(folder)


@pytest.fixture(scope="module")
def sluice(home: Sluice) -> Sluice:
    """The running installation, which was started in an empty folder."""
    if not home.runs():
        home.start()
    return home


def forget_data_elsewhere(folder: Path) -> None:
    """Forget the data that root's server keeps outside a closed checkout."""
    if (elsewhere := folder / "pg").is_symlink():
        shutil.rmtree(elsewhere.resolve().parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure brings the logs along: their folder is gone by the time somebody reads it."""
    report = yield
    sluice: Any = item.funcargs.get("sluice")
    if report.failed and sluice:
        report.sections.append(("logs of the installation", sluice.last_words()))
    return report
