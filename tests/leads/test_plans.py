"""Planning: the preview of any verb over any leads is what the run then does."""

from collections import Counter
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from config.core.background import runs
from config.core.errors import DomainError
from leads import bulk, integrity, lifecycle
from leads.bulk import previewer, runner
from leads.lifecycle import billing, claims
from leads.lifecycle.planning import plan_moves
from leads.lifecycle.state import LeadChange, read_states
from leads.models import BulkAction, BulkChunk, Lead, LeadNote, PriceEntry
from tests.leads.acts import judge_all, verdict

pytestmark = pytest.mark.django_db
TYPES = [
    "mark_valid", "mark_invalid", "mark_test", "unflag", "mark_delivered", "mark_undelivered", "mark_replacement", "unmark_replacement",
    "delete", "reprocess",
]  # fmt: skip
SETTINGS = {"reason": "Known", "comment": "by all"}
LEADS = 8


def test_a_veto_comes_before_the_rule(campaign, make_leads):
    """The rule is not asked about a lead with a veto: it would change its state, and give a reason of its own."""
    vetoed, free = make_leads(campaign, 2)
    asked = []

    def apply(change: LeadChange) -> str:
        asked.append(change.after.id)
        return "refused by the rule"

    rule = SimpleNamespace(cause=None, reaches_deleted=False, apply=apply)
    plan = plan_moves(rule, [vetoed.pk, free.pk], read_states([vetoed.pk, free.pk]), billing.lock_terms, {vetoed.pk: "refused by a veto"})
    assert plan.refused == {vetoed.pk: "refused by a veto", free.pk: "refused by the rule"}
    assert asked == [free.pk]


def figures(campaign) -> tuple:
    """Return the numbers that a preview foretells: leads, amounts and slots."""
    leads = Counter(Lead.objects.values_list("current_status", "delivery_status", "over_allocation"))
    money = PriceEntry.objects.values_list("side", "sign", "amount")
    campaign.refresh_from_db()
    return leads, Counter(money), (campaign.slots_taken, campaign.contracts.get().slots_taken)


def run(type_key: str, ids: list[int], bob) -> BulkAction:
    action = bulk.begin(type_key, ids, actor=bob, settings=SETTINGS)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert action.state == "done"
    return action


def compare(before: tuple, foretold: bulk.BulkPreview, action: BulkAction, after: tuple) -> None:
    assert (foretold.total, foretold.moved, foretold.skipped) == (action.total, action.done, dict(bulk.skip_reasons(action)))
    for position, changes in enumerate((foretold.statuses, foretold.deliveries)):
        expected = totals(before[0], position)
        for (old, new), n in changes.items():
            expected[old] -= n
            expected[new] += n
        assert +expected == totals(after[0], position)
    entries = after[1] - before[1]
    for side in PriceEntry.Side.values:
        planned = [figure for (of, _), figure in foretold.billing.items() if of == side]
        written = [(sign, amount, n) for (of, sign, amount), n in entries.items() if of == side]
        assert sum(figure.gained for figure in planned) == sum(n for sign, _, n in written if sign == 1)
        assert sum(figure.lost for figure in planned) == sum(n for sign, _, n in written if sign == -1)
        assert sum(figure.amount for figure in planned) == sum(sign * amount * n for sign, amount, n in written)


def totals(leads: Counter, position: int) -> Counter:
    """Return the totals by the current status or the delivery status."""
    counts: Counter = Counter()
    for key, n in leads.items():
        counts[key[position]] += n
    return counts


SOME = st.sets(st.integers(0, LEADS - 1), min_size=1).map(sorted)
HISTORY = st.lists(st.tuples(st.sampled_from(TYPES), SOME), max_size=5)
LIMIT = st.integers(1, LEADS)


def with_past(campaign, make_leads, bob, *, judged, history) -> list[int]:
    """Return the ids of leads of the campaign, of which some are Valid, after actions over some of them."""
    ids = [lead.pk for lead in make_leads(campaign, LEADS)]
    judge_all(campaign)
    lifecycle.flag([ids[n] for n in range(LEADS) if n not in judged], "invalid", actor=bob, reason="x")
    for past, numbers in history:
        run(past, [ids[n] for n in numbers], bob)
    return ids


@given(
    volume=st.none() | LIMIT, cap=st.none() | LIMIT, judged=SOME, history=HISTORY, type_key=st.sampled_from(TYPES), chosen=SOME,
    chunk=st.integers(1, LEADS), previewed=st.integers(1, LEADS),
)  # fmt: skip
def test_the_preview_is_what_the_run_then_does_whole_or_in_chunks(
    make_campaign, make_leads, bob, volume, cap, judged, history, type_key, chosen, chunk, previewed
):
    with transaction.atomic():
        campaign = make_campaign(lead_volume=volume, cap=cap)
        ids = with_past(campaign, make_leads, bob, judged=judged, history=history)
        before, notes = figures(campaign), LeadNote.objects.count()
        with patch.object(previewer, "CHUNK", previewed):
            foretold = bulk.preview(type_key, [*(ids[n] for n in chosen), 2**60], actor=bob, settings=SETTINGS)
        assert (figures(campaign), LeadNote.objects.count()) == (before, notes)
        with patch.object(runner, "CHUNK", chunk):
            action = run(type_key, [*(ids[n] for n in chosen), 2**60], bob)
        after = figures(campaign)
        compare(before, foretold, action, after)
        for slots in foretold.slots:
            slots.row.refresh_from_db()
            assert slots.row.slots_taken == slots.taken
        assert integrity.tallies() + integrity.billing() + integrity.notes() == []
        transaction.set_rollback(True)


def test_a_plan_changes_neither_the_states_nor_the_terms_it_is_made_from(make_campaign, make_leads, bob):
    campaign = make_campaign(lead_volume=2, cap=1)
    ids = [lead.pk for lead in make_leads(campaign, 3)]
    states, rule = read_states(ids), lifecycle.flag.rule("valid", actor=bob, reason="x")
    terms = billing.lock_terms([LeadChange(state, state) for state in states.values()])
    plans = [lifecycle.plan_moves(rule, ids, states, lambda changes: terms) for _ in range(2)]
    assert states == read_states(ids)
    assert [slots.taken for slots in terms.slots()] == [0, 0]
    assert plans[0].changes == plans[1].changes
    assert [slots.taken for slots in plans[0].terms.slots()] == [2, 1]
    assert [change.after.over_allocation for change in plans[0].changes] == [False, True, True]
    further = lifecycle.plan_moves(rule, ids, states, lambda changes: plans[0].terms)
    assert [change.after.campaign_slot for change in further.changes] == [False, False, False]


def test_a_move_tells_the_revisions_before_and_after(campaign, make_leads, bob):
    ids = [lead.pk for lead in make_leads(campaign, 2)]
    lifecycle.flag(ids[:1], "valid", actor=bob, reason="x")
    moved = lifecycle.mark_replacement(ids, actor=bob)
    assert [(change.before.revision, change.after.revision) for change in moved.changes] == [(1, 2), (0, 1)]
    assert dict(Lead.objects.values_list("pk", "revision")) == {ids[0]: 2, ids[1]: 1}


STATEMENTS = {
    "judge": 17, "flag invalid": 15, "flag valid": 16, "mark delivered": 16, "mark undelivered": 14, "unflag": 6, "mark replacement": 5,
    "edit": 10, "requeue": 6, "delete": 16, "restore": 16,
}  # fmt: skip


@pytest.mark.parametrize("n", [2, 40])
def test_what_a_verb_costs_in_statements_does_not_depend_on_the_number_of_leads(n, make_campaign, make_leads, bob):
    """With limits, whose rows are locked and saved, and with every app that listens.

    Leads that become Valid again are looked up once among those that arrived meanwhile, and the outbound events of their campaigns once.
    """
    campaign = make_campaign(lead_volume=1000, cap=900)
    ids = [lead.pk for lead in make_leads(campaign, n)]
    lifecycle.flag(ids[:1], "valid", actor=bob, reason="x")  # counts the slots of the new limits, once
    lifecycle.unflag(ids[:1], actor=bob)
    claim = claims.claim(campaign.pk, limit=500)
    verbs = {
        "judge": lambda: lifecycle.judge([verdict(pk) for pk in ids], token=claim.token),
        "flag invalid": lambda: lifecycle.flag(ids, "invalid", actor=bob, reason="x"),
        "flag valid": lambda: lifecycle.flag(ids, "valid", actor=bob, reason="x"),
        "mark delivered": lambda: lifecycle.mark_delivered(ids, actor=bob),
        "mark undelivered": lambda: lifecycle.mark_undelivered(ids, actor=bob),
        "unflag": lambda: lifecycle.unflag(ids, actor=bob),
        "mark replacement": lambda: lifecycle.mark_replacement(ids, actor=bob),
        "edit": lambda: lifecycle.edit({pk: {"company": "Acme"} for pk in ids}, actor=bob),
        "requeue": lambda: lifecycle.requeue(ids, actor=bob),
        "delete": lambda: lifecycle.delete(ids, actor=bob),
        "restore": lambda: lifecycle.restore(ids, actor=bob),
    }
    counts = {}
    for name, move in verbs.items():
        with CaptureQueriesContext(connection) as caught:
            move()
        counts[name] = len(caught)
    assert counts == STATEMENTS


def test_a_chunk_records_what_it_found(campaign, make_leads, bob):
    first, second = [lead.pk for lead in make_leads(campaign, 2)]
    judge_all(campaign)
    lifecycle.flag([second], "valid", actor=bob, **SETTINGS)
    action = bulk.run_or_queue("mark_valid", [first, second], actor=bob, settings=SETTINGS)
    chunk = BulkChunk.objects.get(action=action)
    record = {
        "revision": 1, "processr_status": "complete", "qa_status": "valid", "current_status": "valid", "delivery_status": "not_delivered",
        "publisher_billable": True,
    }  # fmt: skip
    assert chunk.found == [[record, [first]]]


def test_a_preview_costs_the_same_for_every_full_chunk_and_locks_nothing(make_campaign, make_leads, bob, monkeypatch):
    campaign = make_campaign(lead_volume=100, cap=90)
    ids = [lead.pk for lead in make_leads(campaign, 40)]
    judge_all(campaign)

    def statements(chunk: int) -> list[str]:
        monkeypatch.setattr(previewer, "CHUNK", chunk)
        with CaptureQueriesContext(connection) as caught:
            bulk.preview("mark_invalid", ids, actor=bob, settings=SETTINGS)
        return [query["sql"] for query in caught]

    whole, halves, quarters = statements(40), statements(20), statements(10)
    assert len(quarters) - len(halves) == 2 * (len(halves) - len(whole))
    assert [sql for sql in quarters if " FOR " in sql or not sql.startswith("SELECT")] == []


def test_examples_of_skipped_leads_are_the_first_of_each_reason(campaign, make_leads, bob, monkeypatch):
    monkeypatch.setattr(previewer, "EXAMPLES", 2)
    ids = [lead.pk for lead in make_leads(campaign, 4)]
    foretold = bulk.preview("mark_delivered", [*ids, 2**60], actor=bob)
    assert foretold.examples == {"not valid": ids[:2], "not found": [2**60]}
    assert foretold.skipped == {"not valid": 4, "not found": 1}


@pytest.mark.parametrize(
    ("wrong", "field"), [({}, "reason"), ({"reason": "x" * 256}, "reason"), ({"reason": "x", "comment": "y" * 2001}, "comment")]
)
def test_a_flag_without_a_reason_is_neither_previewed_nor_begun(campaign, make_leads, bob, wrong, field):
    ids = [lead.pk for lead in make_leads(campaign)]
    for begin in (bulk.preview, bulk.begin):
        with pytest.raises(DomainError) as refused:
            begin("mark_invalid", ids, actor=bob, settings=wrong)
        assert refused.value.field == field
    with pytest.raises(DomainError, match="no action"):
        bulk.preview("launder", ids, actor=bob)
