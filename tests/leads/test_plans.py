"""Planned apart from written: the plan of a verb is pure, and is what is written."""

import pytest

from leads import lifecycle
from leads.lifecycle import billing
from leads.lifecycle.state import LeadChange, read
from leads.models import Lead

pytestmark = pytest.mark.django_db


def test_a_plan_changes_neither_the_states_nor_the_terms_it_is_made_from(make_campaign, make_leads, bob):
    campaign = make_campaign(lead_volume=2, cap=1)
    ids = [lead.pk for lead in make_leads(campaign, 3)]
    states, rule = read(ids), lifecycle.flag.rule("valid", actor=bob, reason="x")
    terms = billing.lock_terms([LeadChange(state, state) for state in states.values()])
    plans = [lifecycle.plan_moves(rule, ids, states, lambda changes: terms) for _ in range(2)]
    assert states == read(ids)
    assert set(terms.taken.values()) == {0}
    assert plans[0].changes == plans[1].changes
    assert sorted(plans[0].terms.taken.values()) == [1, 2]
    assert [change.after.over_allocation for change in plans[0].changes] == [False, True, True]
    further = lifecycle.plan_moves(rule, ids, states, lambda changes: plans[0].terms)
    assert [change.after.campaign_slot for change in further.changes] == [False, False, False]


def test_a_move_tells_the_revisions_before_and_after(campaign, make_leads, bob):
    ids = [lead.pk for lead in make_leads(campaign, 2)]
    lifecycle.flag(ids[:1], "valid", actor=bob, reason="x")
    moved = lifecycle.mark_replacement(ids, actor=bob)
    assert [(change.before.revision, change.after.revision) for change in moved.changes] == [(1, 2), (0, 1)]
    assert dict(Lead.objects.values_list("pk", "revision")) == {ids[0]: 2, ids[1]: 1}
