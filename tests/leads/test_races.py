"""Two workers on the same leads, in real transactions (docs/architecture.md, law 5)."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import OperationalError
from django.db.models import Sum

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from leads import integrity, lifecycle, pictures
from leads.bulk import drafts, forecast
from leads.editing import service
from leads.lifecycle import claims
from leads.models import BulkForecast, Lead, LeadNote, LeadPicture, PriceEntry
from leads.selectors import leads_for
from tests.cast import make_user
from tests.leads.acts import verdict
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def test_two_workers_never_claim_the_same_lead(campaign, make_leads):
    make_leads(campaign, 200)
    taken: list[list[int]] = []

    def take() -> None:
        while leads := claims.claim(campaign.pk, limit=7).leads:
            taken.append([lead.pk for lead in leads])

    assert at_once(take, take, take) == []
    ids = [pk for chunk in taken for pk in chunk]
    assert len(ids) == len(set(ids)) == 200


def test_engine_bulk_actions_and_a_sender_over_the_same_leads_deadlock_nobody(make_campaign, make_leads, bob):
    campaign = make_campaign(lead_volume=60, cap=40)
    ids = [lead.pk for lead in make_leads(campaign, 120)]

    def engine() -> None:
        for _ in range(6):
            lifecycle.requeue(ids, actor=bob)
            claim = claims.claim(campaign.pk, limit=500)
            lifecycle.judge([verdict(lead.pk) for lead in reversed(claim.leads)], token=claim.token)

    def flags(flag: str, order: list[int]) -> Callable[[], None]:
        def act() -> None:
            for _ in range(6):
                lifecycle.flag(order, flag, actor=bob, reason="race")
                lifecycle.unflag(order, actor=bob)

        return act

    def sender() -> None:
        for _ in range(6):
            lifecycle.mark_delivered(ids, actor=bob)
            lifecycle.mark_undelivered(ids[::-1], actor=bob)

    raised = at_once(engine, flags("valid", ids), flags("invalid", ids[::-1]), sender)

    assert [error for error in raised if isinstance(error, OperationalError)] == []
    assert raised == []
    assert integrity.tallies() + integrity.billing() + integrity.notes() == []
    assert campaign.contracts.get().slots_taken <= 40
    assert Lead.objects.filter(publisher_billable=True).count() == PriceEntry.objects.filter(side="publisher").aggregate(n=Sum("sign"))["n"]


def test_a_lead_deleted_while_it_is_judged_stays_deleted(campaign, make_leads, bob):
    leads = make_leads(campaign, 50)
    ids = [lead.pk for lead in leads]
    claim = claims.claim(campaign.pk, limit=500)
    assert at_once(
        lambda: lifecycle.delete(ids, actor=bob),
        lambda: lifecycle.judge([verdict(pk) for pk in ids], token=claim.token),
    ) == []  # fmt: skip
    assert Lead.objects.filter(deleted_at=None).count() == 0
    assert Lead.objects.filter(processr_status="processing").count() == 0
    judged = Lead.objects.filter(processing_counter=1).count()
    assert LeadNote.objects.filter(changes__0__0="qa_status").count() == judged


def test_of_two_edits_of_one_lead_at_once_neither_undoes_the_other(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    edits = [{"firstName": "First"}, {"lastName": "Second"}, {"company": "Third"}]
    assert at_once(*(lambda values=values: lifecycle.edit({lead.pk: values}, actor=bob) for values in edits)) == []
    lead.refresh_from_db()
    assert {name: lead.captured[name] for values in edits for name in values} == {
        "firstName": "First",
        "lastName": "Second",
        "company": "Third",
    }


def test_values_appended_at_once_are_all_kept(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    before = lead.captured

    def append(name: str) -> Callable[[], object]:
        return lambda: [lifecycle.append({lead.pk: {f"{name}{n}": str(n)}}, actor=bob) for n in range(8)]

    assert at_once(append("a"), append("b"), append("c"), lambda: lifecycle.flag([lead.pk], "valid", actor=bob, reason="race")) == []
    lead.refresh_from_db()
    assert lead.captured == before | {f"{name}{n}": str(n) for name in "abc" for n in range(8)}
    assert integrity.tallies() + integrity.billing() + integrity.notes() + integrity.search() == []


def test_of_two_people_who_change_one_value_at_once_the_second_is_told(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, company="Acme")
    seen = service.as_seen(service.digest_of("Acme"))
    typed = ["Navy", "Army", "Guard"]

    raised = at_once(*(partial(service.save_value, lead, "company", text, actor=bob, if_as_read=seen) for text in typed))

    lead.refresh_from_db()
    assert [type(error) for error in raised] == [service.ValueChanged] * 2
    assert lead.captured["company"] in typed
    assert {error.present.value for error in raised} == {lead.captured["company"]}
    assert LeadNote.objects.filter(lead_id=lead.pk, kind="data").count() == 1


def test_previews_of_one_draft_at_once_leave_one_and_a_discard_none(campaign, make_leads):
    admin = make_user(roles.ADMIN)
    actor = Actor(admin.username, user_id=admin.pk)
    make_leads(campaign, 3)
    for discards in (False, True):
        draft = drafts.begin_draft(actor=actor)
        drafts.add_query(draft, leads_for(admin), source={}, label="all")
        drafts.save_answers(draft, {}, type_key="mark_test", settings={"reason": "Internal test"})
        ends = [partial(drafts.discard, draft)] if discards else []
        refused = at_once(*[partial(forecast.make_forecast, draft)] * 3, *ends)
        assert [type(one) for one in refused if not isinstance(one, DomainError)] == []
        assert BulkForecast.objects.filter(action=draft).count() == (0 if discards else 1)


def test_workers_fetch_each_picture_once_while_the_leads_are_judged_again(campaign, make_leads, bob, monkeypatch):
    ids = [lead.pk for lead in make_leads(campaign, 60)]
    asked: list[str] = []

    def answer(address: str) -> pictures.Fetched:
        asked.append(address)
        return pictures.Fetched(address.encode(), "image/png")

    def judge(path: str) -> None:
        claim = claims.claim(campaign.pk, limit=500)
        found = {lead.pk: f"https://pictures.example/{path}/{lead.pk}" for lead in claim.leads}
        lifecycle.judge([verdict(pk, enriched={"photo": address}) for pk, address in found.items()], token=claim.token)

    def engine() -> None:
        for path in ("b", "c"):
            lifecycle.requeue(ids, actor=bob)
            judge(path)

    def worker() -> None:
        for _ in range(20):
            pictures.fetch_due(seconds=10)

    monkeypatch.setattr(pictures, "_fetch", answer)
    judge("a")
    assert at_once(engine, worker, worker, worker) == []
    pictures.fetch_due(seconds=10)
    assert len(asked) == len(set(asked))
    rows = LeadPicture.objects.filter(pk__in=ids).values_list("pk", "address", "content")
    assert {(pk, bytes(content).decode()) for pk, _, content in rows} == {(pk, f"https://pictures.example/c/{pk}") for pk in ids}
