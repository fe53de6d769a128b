"""A row in every table."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from batches import models as batches
from campaigns import models as campaigns
from campaigns import services
from config.core import audit
from config.core.accounts import bearer, roles
from config.core.credentials import encryption
from config.core.models import AuditSeal, Credential, IdempotencyKey, Notification, PasswordRequest, SavedTable, UserSession
from integrations import models as integrations
from leads import models as leads
from processr import models as processr
from processr.services import add_job
from tests.cast import make_user

APPS = ("core", "campaigns", "leads", "processr", "integrations", "batches")
SEALED = "a partner's secret"


def models_of_the_apps():
    """Return all models but sessions: whoever reads the key of one is signed in as its user."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return [model for model in models if model is not UserSession]


def address(model, page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


@pytest.fixture
def a_row_each(campaign, make_leads, acme, pat, bob):
    """Make at least one row in every table."""
    user = make_user(roles.PUBLISHER)
    services.add_member(user, pat, actor=bob)
    services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    services.make_api_key(user, pat, actor=bob)
    _core(user)
    campaigns.CredentialOwner.objects.create(credential=Credential.objects.get(), advertiser=acme)
    (lead,) = make_leads(campaign)
    _leads(user, lead)
    job = add_job(campaign, "test_data", actor=bob)
    _processr(campaign, lead, job)
    integrations.Delivery.objects.create(lead=lead, job=add_job(campaign, "collect", actor=bob), answer="Answered 404", status=404)
    integrations.DeliveryAction.objects.create(type="retry", started_by=user)
    _batches(lead, add_job(campaign, "batch_csv", actor=bob), user)
    _outbox(campaign, lead)
    return {model: model._default_manager.all()[0] for model in models_of_the_apps()}


def _batches(lead, job, user) -> None:
    batch = batches.SentBatch.objects.create(
        job=job, number=1, trigger="by_hand", phase="needs_person", label="Weekly", sealed_key=encryption.seal(SEALED), started_by=user
    )
    batches.SentLead.objects.create(batch=batch, lead=lead, row=1)
    batches.BatchAttempt.objects.create(batch=batch, kind="send", ok=False, answer="No such folder")


def _outbox(campaign, lead) -> None:
    event = integrations.OutboundEvent.objects.create(
        campaign=campaign, label="Postback", trigger="valid", url="https://hooks.example/", sealed_headers=encryption.seal(SEALED)
    )
    destination = integrations.Destination.objects.create(event=event, signing_secret=encryption.seal(SEALED))
    integrations.SentCount.objects.create(destination=destination, day=timezone.localdate(), n=1)
    integrations.Message.objects.create(kind="outbound_event", destination=destination, lead=lead, body={"values": {}, "payload": {}})
    integrations.CampaignAlerts.objects.create(campaign=campaign)
    integrations.ToldAlert.objects.create(key="no-leads:1", campaign=campaign)


def _core(user) -> None:
    bearer.issue(user, source=bearer.PASSWORD)
    Credential.objects.create(name="Partner", secret=encryption.seal(SEALED), api_url="https://partner.example/")
    IdempotencyKey.objects.create(principal="user:1", key="k", request_sha256="5" * 64, status=201, body={"code": 201})
    PasswordRequest.objects.create(email="ann@example.com", due_at=timezone.now())
    Notification.objects.create(user=user, text="Your export is there.")
    SavedTable.objects.create(user=user, table="leads")
    AuditSeal.objects.create(entries=[1], upto=1, sha256="1" * 64, previous=audit.START)


def _leads(user, lead) -> None:
    keys = {"campaign_id": lead.campaign_id, "publisher_id": lead.publisher_id, "day": timezone.localdate()}
    status = {"current_status": "pending", "delivery_status": "not_delivered", "publisher_billable": False, "advertiser_billable": False}
    leads.DailyTally.objects.create(**keys, **status, n=1)
    leads.LeadNote.objects.create(lead_id=lead.pk, actor_name="Bob", kind="status", changes=[["qa_status", "", "valid"]])
    money = {"amount": 20, "currency": "GBP", "rate": 1, "base_amount": 20}
    leads.PriceEntry.objects.create(lead=lead, side="publisher", sign=1, cause="judge", **money)
    leads.LeadPicture.objects.create(lead=lead, address="https://pictures.example/1.png")
    action = leads.BulkAction.objects.create(type="flag", started_by=user)
    leads.BulkChunk.objects.create(action=action, position=0, lead_ids=[lead.pk])
    leads.BulkForecast.objects.create(action=action, started_by=user)
    leads.OmittedEntry.objects.create(action=action, source="typed", line=1, text="Jane", why="not found")
    run = leads.LeadImport.objects.create(campaign=lead.campaign, form=lead.form, file="people.csv", sha256="2" * 64)
    leads.LeadImportPart.objects.create(run=run, first_line=2, last_line=2, lines=[2], lead_ids=[lead.pk])
    leads.LeadExport.objects.create(columns=["email"])
    search = leads.FullSearch.objects.create(description="Company: contains acme", started_by=user)
    leads.FoundLead.objects.create(search=search, lead_id=lead.pk)
    leads.ColumnMap.objects.create(user=user, use="import", name="Mine")
    reason = leads.FlagReason.objects.create(flag="invalid", name="Wrong person altogether", has_categories=True)
    leads.FlagReasonCategory.objects.create(reason=reason, name="Left the company")


def _processr(campaign, lead, job) -> None:
    processr.JobGroup.objects.create(campaign=campaign, name="Countries")
    processr.GroupCondition.objects.create(job=job, field="country", values=["GB"])
    processr.ValueTransform.objects.create(campaign=campaign, label="Title", type="transform", source_field="title", new_field="title")
    watched = processr.IndexedField.objects.create(name="company")
    processr.FieldValue.objects.create(field=watched, lead_id=lead.pk, campaign_id=campaign.pk, key=1)
    processr.Plan.objects.create(campaign=campaign, number=1, body={"jobs": []})
    now = timezone.now()
    processr.Event.objects.create(
        lead_id=lead.pk, campaign_id=campaign.pk, kind="flow", outcome="success", started_at=now - timedelta(seconds=1), submitted_at=now,
        steps=[{"job": job.pk, "label": "Test Data", "outcome": "success"}], source={"entry_point": "webhook"},
    )  # fmt: skip
    processr.JobTally.objects.create(job_id=job.pk, passed=1)
    processr.JobDelta.objects.create(job_id=job.pk, passed=1)
    values = processr.ValidationList.objects.create(name="Free mailers")
    processr.ValidationListValue.objects.create(list=values, value="Example.com", key="example.com")
    processr.ValueImport.objects.create(target="list", list=values, file="imports/1", name="mailers.csv")
    processr.Trial.objects.create(kind="try", campaign=campaign, request=encryption.seal(SEALED), result=encryption.seal(SEALED))
    processr.SuppressedEmail.objects.create(email="gone@example.com")
    processr.SuppressedPhone.objects.create(phone="+44201234")
    processr.SuppressedName.objects.create(first_name="Ann", last_name="Lee", name_key="ann lee")
