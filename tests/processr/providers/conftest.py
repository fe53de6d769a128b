"""Providers on loopback, which may be called here, and a cache that is this test's own."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.core.background import cache
from config.core.http.connection import pool
from processr.job_types.outcomes import Enriched, Outcome
from processr.job_types.registry import job_types
from tests.processr.planned import job, job_input, lead


@pytest.fixture(autouse=True)
def _loopback_may_be_called(settings, monkeypatch):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(cache, "SPACE", f"kept:{uuid.uuid4()}")
    monkeypatch.setattr(cache.breaker, "open_until", 0.0)
    pool.forget()


@pytest.fixture
def config():
    """config("http_check", url=…): complete, as the form would keep it; what cannot work fails the test."""

    def complete(key: str, **given):
        form_class = job_types.get(key).Settings
        form = form_class({**{name: field.initial for name, field in form_class.base_fields.items()}, **given})
        assert form.errors == {}
        return form.cleaned_data

    return complete


@pytest.fixture
def ask(config):
    """ask("http_check", [lead, …], url=…): what comes of each lead, asked side by side. Without a database."""

    def asked(key: str, leads, *, kept=None, **given) -> list[Outcome | Enriched]:
        job_type = job_types.get(key)(job(type=key, config=kept or config(key, **given)))
        chunk = job_input(*leads)
        job_type.prepare(chunk)
        said = {one.id: job_type.known_outcome(one) for one in leads}
        with ThreadPoolExecutor(8) as threads:
            exchanges = dict(threads.map(lambda one: (one.id, job_type.ask(one)), [one for one in leads if said[one.id] is None]))
        asked.exchanges = list(exchanges.values())
        return [said[one.id] or job_type.judge_answer(one, exchanges[one.id]) for one in leads]

    return asked


@pytest.fixture
def anna():
    return lead(firstName="Anna", email="anna+x@example.com", telephone="+44 20 7946 0958", company="Smith & Sons / Ltd?")
