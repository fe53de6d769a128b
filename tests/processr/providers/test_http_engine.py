"""The engine with providers that are slow, dead or broken: the other jobs of the plan run all the same."""

import json
import time

import pytest

from config.core.credentials import service
from config.core.errors import DomainError
from leads.models import Lead
from processr.engine import scheduler
from processr.models import Event, Job
from processr.services import add_job, remove_job, update_job
from tests.core.outbound.servers import reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(serve):
    """provider(answer or script): a server that always answers so."""

    def start(answer):
        def script(line):
            while True:
                head = server.head(line)
                line.sendall(answer(head) if callable(answer) else answer)

        server = serve(script)
        server.check = {
            "url": f"{server.url}/check?e={{email}}",
            "path": "ok",
            "passing": ["true"],
            "failing": ["false"],
            "keep_minutes": 0,
            "seconds": 1,
            "tries": 1,
        }
        return server

    return start


def steps(lead) -> dict[str, tuple[str, str]]:
    event = Event.objects.get(lead_id=lead.pk, kind="flow")
    return {step["label"]: (step["outcome"], step["reason"]) for step in event.steps}


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (reply(b'{"ok": true}'), ("passed", ""), "valid"),
        (reply(b'{"ok": false}'), ("failed", "Mend it"), "invalid"),
        (reply(b'{"ok": "perhaps"}'), ("error", "The provider's answer is not understood"), "caution"),
        (reply(b"<html>rubbish"), ("error", "The provider's answer is not understood"), "caution"),
        (reply(b"x", status="500 Oops"), ("error", "The provider is busy or out of order"), "caution"),
        (b"no http", ("error", "The provider did not answer"), "caution"),
        (lambda head: time.sleep(3) or b"", ("error", "The provider did not answer"), "caution"),
    ],
    ids=["good", "bad", "unclear", "rubbish", "broken", "no web server", "silent"],
)
def test_the_provider_decides_about_its_own_job_only(campaign, add_job, make_leads, provider, answer, outcome, status):
    server = provider(answer)
    add_job(campaign, "http_check", label="Outside", config={**server.check, "reason": "Mend it"})
    add_job(campaign, "first_last_name_match", label="Names")
    leads = make_leads(campaign, 3)
    began = time.monotonic()
    scheduler.serve_campaigns(seconds=10)
    assert time.monotonic() - began < 5
    for lead in leads:
        assert steps(lead) == {"Outside": outcome, "Names": ("passed", "")}
        assert Lead.objects.get(pk=lead.pk).current_status == status


def test_each_exchange_is_recorded_without_the_secret(campaign, add_job, make_leads, provider, bob):
    server = provider(reply(b'{"ok": true, "echo": "wh+sper"}'))
    stored = service.set_credential("Partner", actor=bob, secret="wh+sper", api_url=server.url)
    job = add_job(campaign, "http_check", config={**server.check, "credential": stored.pk})
    (lead,) = make_leads(campaign, email="grace@navy.example")
    scheduler.serve_campaigns(seconds=5)
    event = Event.objects.get(kind="provider")
    assert (event.lead_id, event.job_id, event.outcome) == (lead.pk, job.pk, "success")
    assert f"GET {server.url}/check?e=grace%40navy.example" in event.message
    assert '{"ok": true, "echo": "•••"}' in event.message
    assert "Authorization: Bearer wh+sper" in server.heads[0]
    assert not [row for row in Event.objects.values() if "sper" in str(row)]


def test_what_an_enrichment_finds_is_the_leads_and_jobs_after_it_may_ask_about_it(campaign, add_job, make_leads, provider):
    def answer(head):
        if head.startswith("GET /company"):
            return reply(json.dumps({"company": {"name": "US Navy", "staff": 1200}}).encode())
        return reply(b'{"ok": true}' if "c=US+Navy" in head else b'{"ok": false}')

    server = provider(answer)
    taken = [{"path": "company.name", "field": "companyName"}, {"path": "company.staff", "field": "employees"}]
    add_job(campaign, "http_enrichment", config={"url": f"{server.url}/company/{{email}}", "taken": taken})
    sent = [{"name": "c", "field": "companyName", "value": ""}]
    add_job(
        campaign,
        "http_check",
        label="Known",
        after_enrichment=True,
        config={**server.check, "url": f"{server.url}/check", "fields_sent": sent},
    )
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    lead.refresh_from_db()
    assert lead.enriched == {"companyName": "US Navy", "employees": "1200"}
    assert steps(lead)["Known"] == ("passed", "")
    assert lead.current_status == "valid"


def test_a_job_holds_its_credential_until_it_names_another_or_is_removed(campaign, provider, bob):
    server = provider(reply(b"{}"))
    first, second = (service.set_credential(name, actor=bob, secret="s", api_url=server.url) for name in ("First", "Second"))
    job = add_job(campaign, "http_check", actor=bob, config={**server.check, "credential": first.pk})
    assert job.credential_id == first.pk
    with pytest.raises(DomainError, match=f"used by job {job.pk}"):
        service.remove_credential(first.pk, actor=bob)
    update_job(job.pk, actor=bob, changes={"config": {"credential": second.pk}})
    service.remove_credential(first.pk, actor=bob)
    remove_job(job.pk, actor=bob)
    service.remove_credential(second.pk, actor=bob)
    assert Job.objects.get().credential_id is None
