"""An installation in which hostile senders could steal, double or break something."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from django.utils import timezone

from batches.models import SentBatch
from batches.services import batch_now
from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from config.core.api import throttle
from config.core.models import AccessToken, Enterprise, IdempotencyKey
from integrations.feedback.policy_services import change_policy
from integrations.models import Delivery
from integrations.outbound_events.services import add_event
from leads import bulk
from leads.models import FlagReason, FlagReasonCategory, Lead, LeadNote, TallyDelta
from processr import services as processr
from processr.engine import scheduler
from processr.lists import files, refused
from processr.lists import services as lists
from processr.lists.reader import RefusedLine
from processr.models import SuppressedEmail, SuppressedName, SuppressedPhone, ValueImport
from tests.batches.round.conftest import COLUMNS, finish
from tests.cast import make_user
from tests.hostile.world import World
from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


@pytest.fixture(scope="module", autouse=True)
def _one_line_to_the_database() -> Iterator[None]:
    """Keep the module's connection, with its transaction: a server closes it between requests (Django's test client does the same)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def world(campaign, pat, form, make_leads, bob, tmp_path_factory) -> Iterator[World]:
    """A campaign with objects of every kind, without limits on calls, which would answer before anything else."""
    enterprise.ensure()
    Enterprise.objects.update(limits=dict.fromkeys(throttle.CALLS))
    enterprise.forget()
    user, admin = make_user(roles.PUBLISHER), make_user(roles.ADMIN)
    services.add_member(user, pat, actor=bob)
    processr.add_job(campaign, "test_data", actor=bob)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=10)
    rows = rows_of(campaign, bob, lead)
    link = campaign.links.get().pk
    ids = {
        **{"campaign_id": campaign.pk, "form_id": form.pk, "publisher_id": pat.pk, "lead_id": lead.pk, "publisherId": pat.pk},
        **{"linkId": link, "campaignLinkId": link, "lead": lead.pk, "run": 1, "lead.id": lead.pk, "leads": [lead.pk], "type_name": "Error"},
        **{"campaign": campaign.pk, "campaign.id": campaign.pk, "advertiser": campaign.advertiser_id},
        **dict.fromkeys(("suppressionList", "suppressionList.id"), rows["suppression-lists"]),
        "reason": FlagReason.objects.get(name="Data verified").pk,
        "leadFlagReason": FlagReason.objects.get(name="Returned").pk,
        "signature": admin.name,
        "lead_hash": lead.lead_hash,
        "event_id": event_that_takes_feedback(campaign, bob, lead),
        "bulkAction.id": rows["bulk-actions"],
    }
    state, stored = (
        tmp_path_factory.mktemp("state"),
        {**settings.STORAGES["batches"], "OPTIONS": {"location": tmp_path_factory.mktemp("stored")}},
    )
    out = tmp_path_factory.mktemp("out")
    with override_settings(STATE_DIR=state, BATCH_FOLDERS=[out], STORAGES={**settings.STORAGES, "batches": stored}):
        batch = batch_that_was_sent(campaign, bob)
        ids["campaignProcessrJob"] = batch.job_id
        rows |= {"batch-manager": batch.job_id, "campaign-lead-batches": batch.pk}
        refuse_a_line(rows["value-imports"])
        yield World(user, services.api_key_of(campaign), ids, admin, rows)


def batch_that_was_sent(campaign, bob) -> SentBatch:
    """Return a batch without leads whose file was sent into a folder."""
    config = {"include_fields": COLUMNS, "destination": "local_folder", "send_empty": True}
    job = processr.add_job(campaign, "batch_csv", actor=bob, label="Files", config=config)
    return finish(batch_now(job, actor=bob))


def event_that_takes_feedback(campaign, bob, lead) -> str:
    """Return the event id of a delivery that was sent, to an integration that takes feedback."""
    job = processr.add_job(campaign, "collect", actor=bob)
    change_policy(job.pk, {"returns": True, "conversions": True}, actor=bob)
    return Delivery.objects.create(lead=lead, job=job, state=Delivery.State.SENT, sent_at=timezone.now()).event_id


def refuse_a_line(pk: int) -> None:
    """Let an import have its file of refused lines."""
    files.folder().mkdir(parents=True)
    run = ValueImport.objects.get(pk=pk)
    run.refused_file_size = refused.append(run, ["value"], [RefusedLine(2, "is empty", [""])])
    run.save(update_fields=["refused_file_size"])


def rows_of(campaign, bob, lead) -> dict[str, int | str]:
    """Address below /api/v4 → the id of something that is there."""
    used, unused = (lists.create_list(name, advertiser=None, private=False, actor=bob) for name in ("Partners", "Others"))
    lists.add_values(unused, ["Acme"], actor=bob)
    return {
        "campaign-processr-jobs": processr.add_job(
            campaign, "suppression_list", config={"list": used.pk, "field": "company"}, actor=bob
        ).pk,
        "campaign-processr-job-groups": processr.create_group(campaign, name="Regions", actor=bob).pk,
        "processr-jobs": 1003,
        "campaigns": campaign.pk,
        "campaign-links": campaign.links.get().pk,
        "campaign-publishers": campaign.contracts.get().pk,
        "advertisers": campaign.advertiser_id,
        "publishers": campaign.contracts.get().publisher_id,
        "campaign-data-fields": campaign.forms.get().fields.first().pk,
        "leads": lead.pk,
        "lead-datas": f"{lead.pk}.captured.email",
        "lead-notes": LeadNote.objects.filter(lead_id=lead.pk).latest("pk").pk,
        "lead-flag-reasons": FlagReason.objects.get(name="Returned").pk,
        "lead-flag-reason-categories": FlagReasonCategory.objects.create(
            reason=FlagReason.objects.get(name="Returned"), name="Wrong number"
        ).pk,
        "bulk-actions": bulk.begin("reprocess", [lead.pk], actor=bob).pk,
        "campaign-events": add_event(
            campaign, {"label": "Postback", "trigger": "valid", "url": "https://hooks.example/?lead={leadId}"}, actor=bob
        ).pk,
        "suppression-lists": unused.pk,
        "suppression-list-values": unused.values.get().pk,
        "value-imports": ValueImport.objects.create(target="list", list=used, file="waiting.csv", name="values.csv").pk,
        "invalid-emails": SuppressedEmail.objects.create(email="nobody@example.com").pk,
        "invalid-names": SuppressedName.objects.create(first_name="Donald", last_name="Duck", name_key="donald duck").pk,
        "telephones": SuppressedPhone.objects.create(phone="+442079460001").pk,
    }


@pytest.fixture
def nothing_half_done() -> Iterator[None]:
    """Check that requests store whole leads, each counted once, or nothing at all."""
    leads, tokens = Lead.objects.count(), AccessToken.objects.count()
    yield
    taken = Lead.objects.count() - leads
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == Lead.objects.filter(deleted_at=None).count()
    assert taken >= 0
    assert AccessToken.objects.count() == tokens
    assert not IdempotencyKey.objects.filter(status=None).exists()
