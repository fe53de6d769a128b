"""Jobs for the cast's campaigns, and types that exist for a test only."""

from types import SimpleNamespace

import pytest

from processr import services
from processr.job_types.base import JobType
from processr.job_types.registry import job_types


@pytest.fixture
def campaign(make_campaign):
    return make_campaign()


@pytest.fixture
def add_job(bob):
    """add_job(campaign, "duplicate_email", hardfail=True, …)"""
    return lambda campaign, key, **options: services.add_job(campaign, key, actor=bob, **options)


@pytest.fixture
def three_jobs(campaign, add_job):
    keys = ("duplicate_email", "first_last_name_match", "test_data")
    return SimpleNamespace(**{key: add_job(campaign, key) for key in keys})


@pytest.fixture
def job_type(monkeypatch):
    """job_type("key", check=…, prepare=…, compares=…): registered until the test ends."""

    def register(key: str, **members):
        members = {"key": key, "api_id": 9000, "label": key.title(), "description": "", **members}
        monkeypatch.setitem(job_types._plugins, key, type(key, (JobType,), members))
        return key

    return register
