"""Integrations that send to a receiver in another process, or to a function of the test's, and leads that are queued for them."""

from collections.abc import Callable, Iterator

import pytest

from config.core import http
from config.core.http.connection import pool
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.models import Delivery
from leads.models import Lead
from processr import services
from processr.job_types.exchange import Exchange
from processr.job_types.registry import job_types
from processr.models import Job
from tests.integrations.engine.receiver import PERSON, Receiver
from tests.integrations.kinds.sending import row, settings_of
from tests.leads.acts import judge_all

KIND = "plays_a_part"


@pytest.fixture(scope="package")
def _receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def receiver(_receiver: Receiver, settings) -> Receiver:
    """A receiver without requests, the only one on this machine that may be called."""
    pool.forget()
    _receiver.forget()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{_receiver.port}"]
    return _receiver


@pytest.fixture
def post_to(bob) -> Callable[..., Job]:
    """post_to(campaign, url, again=True, **settings): an HTTP Post, safe to repeat where `again` says so."""

    def add(campaign, url: str, *, again: bool = False, label: str = "CRM", **given) -> Job:
        given = {"url": url, "fields_sent": [row(PERSON, "email")], "in_doubt": "again" if again else "wait", "seconds": 2, **given}
        return services.add_job(campaign, "http_post", actor=bob, label=label, config=settings_of("http_post", **given))

    return add


@pytest.fixture
def plays(monkeypatch, bob) -> Callable[..., Job]:
    """plays(campaign, part, safe=…, concurrency=…): an integration whose attempts are what `part(outgoing)` returns: an Attempt, or what
    it raises. Registered until the test ends.
    """

    def add(campaign, part: Callable[[Outgoing], Attempt], *, key: str = KIND, safe: bool = False, label: str = "Part", **members) -> Job:
        def send(self, outgoing: Outgoing) -> Exchange:
            attempt = part(outgoing)
            told = "|".join([attempt.result, attempt.message, str(attempt.status or ""), str(attempt.retry_after or "")])
            return Exchange(f"POST {outgoing.lead.email}", f"HTTP/1.1 ?\n\n{told}", attempt.status, took_ms=1)

        def classify(self, exchange: Exchange) -> Attempt:
            if exchange.problem:
                return Attempt(AttemptResult.UNCLEAR, exchange.problem)
            result, told, status, wait = exchange.body.split("|")
            return Attempt(AttemptResult(result), told, int(status) if status else None, float(wait) if wait else None)

        members = {
            "key": key,
            "api_id": 9950,
            "label": key,
            "description": "",
            "safe_to_repeat": safe,
            "send": send,
            "classify": classify,
            **members,
        }
        monkeypatch.setitem(job_types._plugins, key, type(key, (Integration,), members))
        return services.add_job(campaign, key, actor=bob, label=label)

    return add


@pytest.fixture
def valid(make_leads) -> Callable[..., list[Lead]]:
    """valid(campaign, n): leads that are Valid by now, with a delivery to each integration of the campaign."""

    def make(campaign, n: int = 1, *, qa_status: str = "valid", **captured) -> list[Lead]:
        leads = make_leads(campaign, n, **captured)
        judge_all(campaign, qa_status, limit=n)
        return leads

    return make


def deliveries(job: Job | None = None) -> list[Delivery]:
    rows = Delivery.objects.order_by("pk")
    return list(rows.filter(job=job) if job else rows)


def states(job: Job | None = None) -> list[str]:
    return [delivery.state for delivery in deliveries(job)]


def due_now() -> None:
    """Make all deliveries due now."""
    Delivery.objects.filter(state=Delivery.State.QUEUED).update(not_before="2026-01-01T00:00Z")


def sent(_: Outgoing) -> Attempt:
    return Attempt(AttemptResult.SENT, "Answered 200 OK", 200)


def later(_: Outgoing) -> Attempt:
    return Attempt(AttemptResult.LATER, "Answered 503 Service Unavailable", 503)


def never(_: Outgoing) -> Attempt:
    return Attempt(AttemptResult.NEVER, "Answered 400 Bad Request", 400)


def unclear(_: Outgoing) -> Attempt:
    return Attempt(AttemptResult.UNCLEAR, "Broke off")


def silent(_: Outgoing) -> Attempt:
    raise http.Unreachable("there.example could not be connected to.")
