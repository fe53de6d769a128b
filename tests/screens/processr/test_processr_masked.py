"""Sending values of leads and asking about them is for roles that see leads unmasked, in pages, APIs, copies and services."""

import pytest

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.models import Delivery
from processr import services
from processr.job_types.registry import job_types
from processr.models import Job
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.processr.api.program import Program

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
OUTGOING = {"http_check", "http_enrichment", "http_post", "collect", "batch_csv"}
SETTINGS = {
    "http_check": {"url": "https://api.example/check/{email}", "path": "ok", "passing": ["yes"]},
    "http_enrichment": {"url": "https://api.example/of?e={email}", "taken": [{"field": "size", "path": "size"}]},
    "http_post": {"url": "https://crm.example/", "fields_sent": [{"name": "hash", "field": "leadHash", "value": ""}]},
    "collect": {},
    "batch_csv": {},
}
PROBES = {
    "simple_conditional_validation": {"field": "email", "operator": "STARTSWITH", "values": "a"},
    "required_value": {"required-0-field": "email", "required-0-values": "anna@example.com"},
    "field_length_check": {"fields_to_read": "email", "minimum": "1", "maximum": "5"},
    "duplicate_field": {"field": "email", "count": "1", "duplicate_status": "valid", "level": "Campaign"},
}
COUNTS = {"job-label": "Probe", "job-stage": "10", "job-score": "1", "job-on_error": "error"}


@pytest.fixture
def masked() -> Actor:
    user = make_user(roles.ADMIN_MASKED)
    return Actor(user.name, user.pk)


@pytest.fixture
def outgoing(campaign, bob) -> dict[str, Job]:
    return {key: services.add_job(campaign, key, config=SETTINGS[key], actor=bob) for key in sorted(OUTGOING)}


def test_the_outgoing_types_are_known():
    assert {job_type.key for job_type in job_types if job_type.is_outgoing} == OUTGOING


@pytest.mark.parametrize("key", sorted(OUTGOING))
def test_who_sees_leads_masked_configures_no_outgoing_type_by_any_service(campaign, make_campaign, outgoing, masked, bob, key):
    job, other = outgoing[key], services.add_job(make_campaign("Other"), key, config=SETTINGS[key], actor=bob)
    group = services.create_group(campaign, name="A", actor=bob) if key != "http_enrichment" else None
    before = Job.objects.filter(pk=job.pk).values().get()
    acts = [
        lambda: services.add_job(campaign, key, config=SETTINGS[key], actor=masked),
        lambda: services.update_job(job.pk, changes={"label": "Mine"}, actor=masked),
        lambda: services.update_job(job.pk, changes={"config": SETTINGS[key]}, actor=masked),
        lambda: services.update_job(job.pk, changes={"visible": True}, actor=masked),
        lambda: services.enable_job(job.pk, actor=masked),
        lambda: services.disable_job(job.pk, actor=masked),
        lambda: services.remove_job(job.pk, actor=masked),
        lambda: services.copy_settings(job.pk, source_id=other.pk, actor=masked),
        lambda: services.changes_of_copy(job, source=other, actor=masked),
        lambda: services.put_in_group([job.pk], group, actor=masked) if group else services.remove_job(job.pk, actor=masked),
    ]
    for act in acts:
        with pytest.raises(DomainError, match="sends values of leads to another system: .*Admin, Super User, Agency") as refused:
            act()
        assert refused.value.status == 403
    assert services.copy_settings_to({job.pk: job.updated_at}, source_id=other.pk, source_seen_at=other.updated_at, actor=masked)
    assert Job.objects.filter(pk=job.pk).values().get() == before


@pytest.mark.parametrize("key", sorted(OUTGOING))
def test_nor_on_a_page_nor_by_a_program(campaign, outgoing, reader, key):
    person, job = reader(roles.ADMIN_MASKED), outgoing[key]
    place = f"/v2/campaigns/{campaign.pk}/processr"
    assert person.get(f"{place}/add/{key}").status == 403
    page = person.get(f"{place}/jobs/{job.pk}")
    assert "sends values of leads to another system" in page.words
    assert 'name="act" value="try"' not in page.html
    assert "Send a test" not in page.words
    address = f"/api/v4/campaign-processr-jobs/{job.pk}"
    program = Program(person.user)
    assert program.patch(address, {"label": "Mine"}).status_code == 403
    assert program.patch(address, {"enabled": False}).status_code == 403
    assert program.delete(address).status_code == 403
    body = {"campaign": campaign.pk, "processrJob": job_types.get(key).api_id, "label": "Mine", "config": SETTINGS[key]}
    assert program.post("/api/v4/campaign-processr-jobs", body).status_code == 403
    assert Job.objects.filter(campaign=campaign).count() == len(OUTGOING)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("key", sorted(PROBES))
def test_no_job_is_tried_on_a_real_lead_by_who_sees_it_masked(campaign, make_leads, reader, key):
    (lead,) = make_leads(campaign, email="anna@example.com")
    place = f"/v2/campaigns/{campaign.pk}/processr/add/{key}"
    page = reader(roles.ADMIN_MASKED).post(place, act="try", **{**COUNTS, **PROBES[key], "try-lead": str(lead.pk)})
    assert "You see this lead masked" in page.words or "compares with other leads, which you see masked" in page.words
    assert 'class="trial-outcome"' not in page.html
    assert not AuditEntry.objects.filter(action="job tried on a lead").exists()


def test_a_pasted_lead_is_tried_by_everybody_unless_it_is_compared_with_others(campaign, make_leads, reader):
    make_leads(campaign, email="anna@example.com")
    place, person = f"/v2/campaigns/{campaign.pk}/processr/add", reader(roles.ADMIN_MASKED)
    pasted = {**COUNTS, "act": "try", "try-pasted": "email=anna@example.com"}
    assert (
        'class="trial-outcome"'
        in person.post(f"{place}/simple_conditional_validation", **PROBES["simple_conditional_validation"], **pasted).html
    )
    offered = ['name="try-lead"' in who.get(f"{place}/simple_conditional_validation").html for who in (person, reader())]
    assert offered == [False, True]
    for key in ("duplicate_field", "duplicate_email"):
        page = person.post(f"{place}/{key}", **PROBES.get(key, {}), **pasted)
        assert "compares with other leads, which you see masked" in page.words
        assert 'class="trial-outcome"' not in page.html


@pytest.mark.parametrize("role", [roles.ADMIN, roles.SUPER, roles.AGENCY])
def test_every_try_of_a_real_lead_is_recorded(campaign, make_leads, reader, role):
    (lead,), person = make_leads(campaign), reader(role)
    place = f"/v2/campaigns/{campaign.pk}/processr/add"
    page = person.post(f"{place}/field_length_check", act="try", **COUNTS, **PROBES["field_length_check"], **{"try-lead": str(lead.pk)})
    assert 'class="trial-outcome"' in page.html
    asked = {
        "method": "GET", "url": "http://192.0.2.1/{email}", "send_as": "query", "credential_place": "bearer", "seconds": "1", "tries": "1",
        "side_by_side": "1", "keep_minutes": "0", "look_at": "status", "passing": "200", "otherwise": "error", "reason": "No",
    }  # fmt: skip
    assert 'class="trial-outcome"' in person.tried(f"{place}/http_check", act="try", **COUNTS, **asked, **{"try-lead": str(lead.pk)}).html
    entries = AuditEntry.objects.filter(action="job tried on a lead").order_by("pk")
    assert [(entry.severity, entry.after["type"], entry.after["lead"]) for entry in entries] == [
        ("low", "field_length_check", lead.pk), ("medium", "http_check", lead.pk)
    ]  # fmt: skip
    assert {entry.actor_id for entry in entries} == {person.user.pk}
