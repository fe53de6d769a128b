"""The lower apps run, and pass their tests, without the upper ones installed."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from tests.laws import without_upper_apps

ROOT = Path(__file__).resolve().parents[2]
BELOW = (
    "tests/leads", "tests/processr/engine/test_notifications_to_workers.py", "tests/processr/engine/test_engine.py",
    "tests/processr/services/test_services.py", "tests/screens/leads/lead/test_lead_page.py", "tests/screens/leads/test_leads_list.py",
    "tests/screens/processr/test_processr_page.py", "tests/screens/leads/test_reprocess.py",
)  # fmt: skip
"""Verbs, bulk actions, runs, and the pages that upper apps join: each test with the first of its parameters, properties with one example, and without
races, costs and comparisons of faces."""


def test_what_is_taken_out_is_all_that_stands_above_the_processr():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = contracts[0]["layers"]
    assert set(layers[: layers.index("processr")]) == without_upper_apps.UPPER_APPS


def test_no_migration_below_waits_for_one_above():
    migrations = MigrationLoader(None).disk_migrations
    upper = without_upper_apps.UPPER_APPS
    waiting = [
        f"{app}.{name}"
        for (app, name), migration in migrations.items()
        if app not in upper and any(other in upper for other, _ in migration.dependencies)
    ]
    assert waiting == []


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_what_stands_below_passes_its_tests_with_the_upper_apps_taken_out():
    """The tables of the upper apps are missing too."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["SLUICE_TEST_DB"] = f"{os.environ.get('SLUICE_TEST_DB', 'test_sluice')}_below"
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "--ds=tests.laws.without_upper_apps",
        "--hypothesis-profile=once",
        "-p",
        "tests.laws.first_of_each",
        "-k",
        "not races and not cost and not more_ids_than_django_takes and not gives_the_same_leads",
        *BELOW,
    ]
    ran = subprocess.run(tests, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=580)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
