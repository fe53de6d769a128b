"""Integrations with deliveries in any state, and users of the pages."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations import services
from integrations.models import Delivery
from leads.models import Lead
from processr.models import Event, Job, JobDelta
from processr.services import add_job
from tests.leads.acts import judge_all
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)

POST = {"url": "https://crm.acme.example/leads", "fields_sent": [{"name": "email", "field": "email"}]}


@pytest.fixture
def integrate(campaign, bob) -> Callable[..., Job]:
    """integrate("CRM", on=campaign, kind="collect", …)"""
    default = campaign

    def add(label: str = "CRM", *, on=None, kind: str = "http_post", **said) -> Job:
        return add_job(on or default, kind, actor=bob, label=label, config=POST if kind == "http_post" else {}, **said)

    return add


@pytest.fixture
def crm(integrate) -> Job:
    return integrate()


@pytest.fixture
def deliver(make_leads) -> Callable[..., list[Delivery]]:
    """deliver(crm, 3, state="needs_person", answer="Answered 404", …): of as many Valid leads."""

    def make(job: Job, n: int = 1, *, state: str = "queued", **fields) -> list[Delivery]:
        leads = make_leads(job.campaign, n)
        judge_all(job.campaign, limit=n)
        now, status = timezone.now(), 201 if state == "sent" else 404
        if state not in ("queued", "withdrawn"):
            tried = {"attempts": 1, "first_tried_at": now, "answered_at": now, "answer": f"Answered {status}", "status": status}
            fields = tried | ({"sent_at": now} if state == "sent" else {}) | fields
        made = Delivery.objects.filter(lead__in=leads, job=job, round=1)
        queued = set(made.values_list("lead_id", flat=True))
        Delivery.objects.bulk_create(Delivery(lead=lead, job=job, round=1) for lead in leads if lead.pk not in queued)
        made.update(**{"state": state, **fields})
        return list(Delivery.objects.filter(lead__in=leads, job=job).order_by("pk"))

    return make


@pytest.fixture
def notified(monkeypatch) -> list[tuple]:
    """The messages to workers."""
    messages: list[tuple] = []
    monkeypatch.setattr(services, "notify_workers", lambda *message: messages.append(message))
    return messages


@pytest.fixture
def attempt() -> Callable[..., Event]:
    """attempt(delivery, "failure", reason=…, message=…): as the sender records it."""

    def record(delivery: Delivery, outcome: str = "failure", **fields) -> Event:
        fields = {"reason": "Answered 404", "message": "POST /leads\n\nHTTP/1.1 404 Not Found", "duration_ms": 42, **fields}
        JobDelta.objects.create(job_id=delivery.job_id, **{{"success": "passed", "failure": "failed", "error": "errored"}[outcome]: 1})
        return Event.objects.create(
            lead_id=delivery.lead_id, campaign_id=delivery.job.campaign_id, kind=Event.Kind.DELIVERY, outcome=outcome,
            job_id=delivery.job_id, started_at=timezone.now(), source={"delivery": delivery.pk}, **fields,
        )  # fmt: skip

    return record


def invalid(*leads: Lead) -> None:
    """Make the lead invalid behind the back of the verbs, which leave no open delivery."""
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(qa_status="invalid", current_status="invalid")
