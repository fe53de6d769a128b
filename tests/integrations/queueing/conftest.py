"""Integrations of kinds that exist for a test only."""

from collections.abc import Callable

import pytest

from integrations.base import Integration
from processr import services
from processr.job_types.registry import job_types
from processr.models import Job
from tests.integrations.queueing.acts import FILE, SENDS


@pytest.fixture(autouse=True)
def _kinds(monkeypatch):
    for number, (key, sends) in enumerate(((SENDS, True), (FILE, False))):
        members = {"key": key, "api_id": 9900 + number, "label": key.replace("_", " "), "description": "", "sends": sends}
        monkeypatch.setitem(job_types._plugins, key, type(key, (Integration,), members))


@pytest.fixture
def integrate(campaign, bob) -> Callable[..., Job]:
    """integrate("CRM", stage=…, deliver_test_leads=…, kind=FILE, on=campaign)"""
    default = campaign

    def add(label: str = "CRM", *, kind: str = SENDS, on=None, **said) -> Job:
        return services.add_job(on or default, kind, actor=bob, label=label, **said)

    return add


@pytest.fixture
def crm(integrate) -> Job:
    return integrate("CRM")
