"""`leads-bulk-flag` with integrations: leads that are marked as Valid are sent to those that the body names, and to no others."""

import pytest

from config.core.accounts import roles
from leads.models import BulkAction, FlagReason
from processr.services import add_job, disable_job
from tests.cast import make_user
from tests.integrations.queueing.acts import judged, sent, states
from tests.processr.api.program import Program, wrong

pytestmark = pytest.mark.django_db
ADDRESS = "leads-bulk-flag"


@pytest.fixture
def program(db) -> Program:
    return Program(make_user(roles.ADMIN))


def flagged(leads, integrations, flag: str = "valid", **more) -> dict:
    reason = FlagReason.objects.filter(flag=flag, is_other=False).first()
    return {"leads": [lead.pk for lead in leads], "flag": flag, "reason": reason.pk, "integrations": integrations, **more}


@pytest.fixture
def leads(campaign, make_leads, crm):
    """Two leads of a campaign with an integration, one of them Valid and sent."""
    valid, caution = judged(campaign, make_leads, 2)
    sent(valid)
    return [valid, caution]


def test_leads_are_sent_to_the_integrations_that_the_body_names(leads, crm, program):
    told = program.post(ADDRESS, flagged(leads, [crm.pk, str(crm.pk), f"/api/v4/campaign-processr-jobs/{crm.pk}"]))
    assert told.json()["processed"] == [lead.pk for lead in leads]
    assert BulkAction.objects.get().settings["integrations"] == [crm.pk]
    assert states(leads[0]) == [(1, "sent"), (2, "queued")], "sent before, and once more as a new round"


def test_a_dry_run_tells_of_deliveries_and_queues_none(leads, crm, program):
    told = program.post(ADDRESS, flagged(leads, [crm.pk], dryRun=True)).json()
    assert told["willProcess"] == 2
    assert {row["line"] for row in told["effects"]["lines"]} >= {"Sent to CRM before, and queued once more"}
    assert (states(leads[0]), BulkAction.objects.exists()) == ([(1, "sent")], False)


def test_integrations_are_those_of_the_leads_campaigns_that_are_in_use(leads, campaign, crm, integrate, make_campaign, program, bob):
    off = integrate("Off")
    disable_job(off.pk, actor=bob)
    elsewhere = add_job(make_campaign("Autumn"), "collect", actor=bob)
    quality = add_job(campaign, "test_data", actor=bob)
    answer = program.post(ADDRESS, flagged(leads, [crm.pk, elsewhere.pk, quality.pk, off.pk, 10**9]))
    assert wrong(answer) == {f"integrations[{n}]" for n in range(1, 5)}
    assert str(elsewhere.pk) in answer.json()["hydra:description"]
    assert not BulkAction.objects.exists()


def test_integrations_of_leads_one_does_not_see_are_refused(leads, crm):
    assert wrong(Program(make_user(roles.AGENCY)).post(ADDRESS, flagged(leads, [crm.pk]))) == {"integrations[0]"}


@pytest.mark.parametrize("flag", ["invalid", "test"])
def test_only_valid_leads_are_sent(flag, leads, crm, program):
    assert wrong(program.post(ADDRESS, flagged(leads, [crm.pk], flag))) == {"integrations[0]"}
    assert program.post(ADDRESS, flagged(leads, [], flag)).status_code == 200


def test_where_none_is_named_nothing_is_sent(leads, crm, program):
    assert program.post(ADDRESS, flagged(leads, None)).status_code == 200
    assert states(leads[0]) == [(1, "sent")]
