"""The order in which parallel processes run the tests: which keep together, which are first, and which run alone."""

import gc
import os
from collections import Counter
from collections.abc import Generator

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

INSTALLATIONS = ("tests/processes/",)
"""Tests that share one installation of a dozen processes. They run one after the other, beside lighter ones."""
LONG = (
    "tests/embedded/", "tests/hostile/", "tests/journey/", "tests/laws/test_layers.py", "tests/laws/test_migrations.py",
    "tests/processr/duplicates/test_accepted.py", "tests/processr/duplicates/test_duplicates.py", "tests/admin/", "tests/screens/",
)  # fmt: skip
"""Tests that start early, in this order: a long file that starts last runs alone at the end. `--durations` shows the longest."""
CUT_UP = ("tests/processr/duplicates/test_accepted.py", "tests/processr/duplicates/test_duplicates.py")
"""Long files whose tests share nothing: each test is a unit."""
ALONE = ("tests/core/test_audit.py", "tests/processr/duplicates/test_watching.py")
"""Tests that start first and run alone, beside installations, which have servers of their own.

They test code that goes no further than the oldest open transaction in any database of the server.
"""
FRESH_OBJECTS = 20_000
"""The number of new objects after which garbage is collected: cycles of some megabytes."""
DATABASE = {"db", "transactional_db", "live_server"}


class SideBySide(LoadScopeScheduling):
    """Hands out units in the order of the collection, but no ordinary ones while another process has some that run alone."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        if self._may_begin(next(iter(self.workqueue)), node):
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if not self.workqueue or self._may_begin(next(iter(self.workqueue)), node):
            super()._reschedule(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        if self.registered_collections[node][item_index].startswith(ALONE):
            for waiting in self.nodes:
                self._reschedule(waiting)

    def remove_node(self, node: WorkerController) -> str | None:
        crashed_in = super().remove_node(node)
        for left in self.nodes:
            self._reschedule(left)
        return crashed_in

    def _may_begin(self, unit: str, node: WorkerController) -> bool:
        if unit == "installations":
            return True
        others = [unit for other in self.nodes if other is not node for unit in self._units_under_way(other)]
        return not any(other.startswith(ALONE) for other in others)

    def _units_under_way(self, node: WorkerController) -> list[str]:
        return [unit for unit, tests in self.assigned_work[node].items() if not all(tests.values())]

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """Return the unit of a test. The tests of a unit run in one process, in the order in which they stand."""
    if nodeid.startswith(CUT_UP):
        return nodeid
    return "installations" if nodeid.startswith(INSTALLATIONS) else nodeid.split("::", 1)[0]


def rank_of(unit: str) -> int:
    if unit == "installations":
        return -2
    if unit.startswith(ALONE):
        return -1
    return next((rank for rank, long in enumerate(LONG) if unit.startswith(long)), len(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one more than the machine has cores: tests of installations mostly wait for them."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SideBySide:
    config.option.loadscopereorder = False
    return SideBySide(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None]:
    """Collect no garbage during the collection, and never the collected tests, which stay until the end.

    Later it is looked for less often than Python does on its own, which took a tenth of the time of all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(FRESH_OBJECTS)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    tell_apart(items)
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("database")
            if item.nodeid.startswith(INSTALLATIONS):
                raise pytest.UsageError(f"{item.nodeid} uses the database, beside tests that need it to themselves: move it elsewhere.")
    yield
    if hasattr(config, "workerinput"):
        sort_by_unit(items)


def tell_apart(items: list[pytest.Item]) -> None:
    """Give tests of operations ids of their own, and refuse two tests with one id: only one would run."""
    for item in items:
        if isinstance(item, SchemathesisFunction) and item.operation_label:
            item._id = item.id.with_params(item.operation_label)  # it names its tests, but not their ids
    if twice := [nodeid for nodeid, n in Counter(item.nodeid for item in items).items() if n > 1]:
        raise pytest.UsageError(f"Several tests have the same id: {', '.join(twice)}")


def sort_by_unit(items: list[pytest.Item]) -> None:
    units = [unit_of(item.nodeid) for item in items]
    tests, place = Counter(units), {unit: number for number, unit in enumerate(dict.fromkeys(units))}

    def key(item: pytest.Item) -> tuple[int, int, int]:
        unit = unit_of(item.nodeid)
        return rank_of(unit), -tests[unit], place[unit]

    items.sort(key=key)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Drop the captured output of passed tests: nobody reads it, and sending it takes long."""
    report = yield
    if report.passed and hasattr(item.config, "workerinput"):
        report.sections = []
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--durations`, show the longest units. None should take longer than a quarter of the whole."""
    if shown := config.option.durations:
        took = Counter[str]()
        for report in (
            report for reports in terminalreporter.stats.values() for report in reports if isinstance(report, pytest.TestReport)
        ):
            took[unit_of(report.nodeid)] += report.duration
        terminalreporter.section(f"longest units, of {took.total():.0f} s")
        for unit, seconds in took.most_common(shown):
            terminalreporter.write_line(f"{seconds:.1f}s {unit}")
