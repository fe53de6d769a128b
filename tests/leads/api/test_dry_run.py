"""`dryRun`: what a bulk action would do, and that nothing whatever is written for it."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection

from config.core.accounts import roles
from leads.api import bulk_preview
from leads.models import BulkAction, Lead
from tests.leads.acts import judge_all
from tests.processr.api.program import wrong
from tests.processr.copies import copy_lead

pytestmark = pytest.mark.django_db
DRY = {"dryRun": True}


def table_sizes() -> dict[str, int]:
    return {model._meta.db_table: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def states() -> list[tuple]:
    return list(Lead.objects.order_by("pk").values_list())


@pytest.fixture
def bodies(reason):
    return {
        "flag": {"flag": "invalid", "reason": reason("invalid", "Duplicate")},
        "deliver": {}, "undeliver": {}, "metadata": {"type": "replacement"}, "reprocess": {}, "delete": {},
    }  # fmt: skip


@pytest.mark.parametrize("address", ["flag", "deliver", "undeliver", "metadata", "reprocess", "delete"])
@pytest.mark.parametrize("n", [3, 101])
def test_a_dry_run_changes_no_row_and_the_action_does_what_it_said(address, n, campaign, make_leads, program, bodies):
    leads = [lead.pk for lead in make_leads(campaign, n)]
    judge_all(campaign)
    signed = {"signature": program.user.name, "confirm": True}
    body = {"leads": [*leads, 2**40, "f" * 32], **bodies[address]}
    program.get(f"leads/{leads[0]}")
    before, sizes = states(), table_sizes()
    answer = program.ask("POST", f"leads-bulk-{address}", {**body, **DRY}, Idempotency_Key="dry")
    assert (states(), table_sizes()) == (before, sizes)
    told = answer.json()
    assert (answer.status_code, told["@type"], told["dryRun"], told["total"]) == (200, "BulkDryRun", True, n + 2)
    expected = 0 if address == "undeliver" else n
    assert told["willProcess"] == expected
    assert {"lead": "f" * 32, "reason": "not found"} in told["skipped"]
    assert sum(row["leads"] for row in told["effects"]["skipped"]) == n + 2 - expected
    done = program.ask(
        "POST",
        f"leads-bulk-{address}",
        {**body, **({} if address in ("flag", "metadata") else signed if "deliver" in address else {"confirm": True})},
        Idempotency_Key="dry",
    )
    assert done.status_code == (200 if n == 3 else 202), "a dry run keeps no key"
    if n == 3:
        assert len(done.json()["processed"]) == expected
        assert sorted(map(str, done.json()["skipped"])) == sorted(map(str, told["skipped"]))


def test_a_dry_run_tells_status_delivery_and_money(make_campaign, make_leads, program, reason):
    campaign = make_campaign(lead_volume=2, payout=Decimal(20), advertiser_payout=Decimal(50))
    leads = [lead.pk for lead in make_leads(campaign, 3)]
    judge_all(campaign, "caution")
    body = {"leads": leads, "flag": "valid", "reason": reason("valid", "Data verified"), **DRY}
    effects = program.post("leads-bulk-flag", body).json()["effects"]
    assert effects["currentStatus"] == [{"before": "caution", "after": "valid", "leads": 3}]
    assert effects["deliveryStatus"] == [{"before": "not_delivered", "after": "not_delivered", "leads": 3}]
    assert effects["overAllocation"] == 1
    assert effects["billing"] == [{"side": "publisher", "currency": "GBP", "gained": 2, "lost": 0, "amount": "40.0000"}]
    assert effects["skipped"] == []


def test_the_call_centre_is_told_nothing_of_money_and_of_deliveries(campaign, make_leads, program_of, reason):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    leads = [lead.pk for lead in make_leads(campaign)]
    judge_all(campaign)
    body = {"leads": leads, "flag": "invalid", "reason": reason("invalid", "Duplicate"), **DRY}
    told = program_of(roles.AGENCY_CALL_CENTRE).post("leads-bulk-flag", body).json()
    assert told["willProcess"] == 1
    assert {"billing", "overAllocation"}.isdisjoint(told["effects"])
    assert told["effects"]["lines"] == []


@pytest.mark.parametrize("address", ["flag", "deliver", "undeliver", "metadata", "reprocess", "delete"])
@pytest.mark.parametrize("role", roles.LABELS)
def test_a_dry_run_is_open_to_those_who_may_act(role, address, program_of, bodies):
    may = role in roles.MANAGES_CAMPAIGNS or (role, address) == (roles.AGENCY_CALL_CENTRE, "flag")
    may = role in (roles.ADMIN, roles.ADMIN_MASKED) if address == "delete" else may
    assert program_of(role).post(f"leads-bulk-{address}", {"leads": [1], **bodies[address], **DRY}).status_code == (200 if may else 403)


def test_a_dry_run_refuses_what_the_action_would_refuse(program, bodies):
    assert wrong(program.post("leads-bulk-flag", {"leads": [1], **bodies["flag"], "reason": 10**9, **DRY})) == {"reason"}
    assert wrong(program.post("leads-bulk-flag", {"leads": ["x"], **bodies["flag"], **DRY})) == {"leads[0]"}
    assert not BulkAction.objects.exists()


def test_a_dry_run_has_a_bound(program, bodies, monkeypatch):
    monkeypatch.setattr(bulk_preview, "AT_MOST", 2)
    assert wrong(program.post("leads-bulk-flag", {"leads": [1, 2, 3], **bodies["flag"], **DRY})) == {"leads"}


def test_a_hundred_thousand_leads_are_foretold_in_seconds(campaign, make_leads, program, bodies):
    """Each of them is read once, in chunks, and no statement is a lead's own."""
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    leads = [copy.pk for copy in copy_lead(lead, 20_000)]
    named = [*leads, *range(10**9, 10**9 + 80_000)]
    connection.force_debug_cursor = True
    connection.queries_log.clear()
    try:
        told = program.post("leads-bulk-flag", {"leads": named, **bodies["flag"], **DRY}).json()
        statements = len(connection.queries_log)
    finally:
        connection.force_debug_cursor = False
    assert (told["total"], told["willProcess"]) == (100_000, 20_000)
    assert told["effects"]["skipped"] == [{"reason": "not found", "leads": 80_000}]
    assert len(told["skipped"]) == 100
    assert statements < 600
