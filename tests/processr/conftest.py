"""Jobs for the cast's campaigns, and types that exist for a test only."""

from types import SimpleNamespace

import pytest

from leads import lifecycle
from leads.lifecycle import claims
from processr import services
from processr.engine import scheduler
from processr.job_types.registry import job_types
from tests.module_cast import ONCE
from tests.processr.made_types import made_type
from tests.processr.provider import Provider

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


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
        monkeypatch.setitem(job_types._plugins, key, made_type(key, **members))
        return key

    return register


@pytest.fixture
def provider(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    started: list[Provider] = []

    def start(*how) -> Provider:
        started.append(Provider(*how))
        return started[-1]

    yield start
    for one in started:
        one.close()


class Killed(BaseException):
    """Kills the worker in the middle of its work."""


@pytest.fixture
def break_off_while_writing(monkeypatch):
    """break_off_while_writing(campaign): the worker dies after its provider calls, and its leads are free again."""

    def break_off(campaign) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(lifecycle, "judge", lambda *_, **__: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                scheduler.process_turn(campaign.pk, lane=0)
        claims.free_stale(-1)

    return break_off
