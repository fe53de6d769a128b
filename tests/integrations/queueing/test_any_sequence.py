"""Any sequence of acts of people, runs and senders: the laws of deliveries hold after each."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from integrations import integrity
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.bulk.actions import Reprocess
from leads.lifecycle import claims
from leads.models import Lead
from processr import services
from tests.integrations.queueing.acts import FILE, asking_for, filed, sent, stuck, taken
from tests.leads.acts import verdict

pytestmark = pytest.mark.django_db
OPEN = ("queued", "sending", "in_file", "needs_person")
LEADS = 3


class World:
    """Three leads of a campaign with four integrations, and those leads of which a person has decided where they go."""

    def __init__(self, campaign, leads, jobs, bob) -> None:
        self.campaign, self.leads, self.jobs, self.bob = campaign, leads, jobs, bob
        self.decided: set[int] = set()

    def judge(self, ids, qa_status) -> None:
        claim = claims.claim(self.campaign.pk, limit=LEADS)
        moved = lifecycle.judge([verdict(lead.pk, qa_status) for lead in claim.leads], token=claim.token)
        claims.unlock_token(claim.token)
        self.decided -= set(moved.ids)

    def flag(self, ids, to, *chosen) -> None:
        picked = [self.jobs[n].pk for n in chosen]
        moved = lifecycle.flag(ids, to, actor=self.bob, reason="x", extras=asking_for(picked))
        self.decided |= set(moved.ids)

    def unflag(self, ids) -> None:
        done = lifecycle.unflag(ids, actor=self.bob).ids
        self.decided -= set(Lead.objects.filter(pk__in=done, processr_status="complete").values_list("pk", flat=True))

    def reprocess(self, ids) -> None:
        bulk.run_or_queue(Reprocess.key, ids, actor=self.bob)

    def mark_delivered(self, ids) -> None:
        self.decided |= set(lifecycle.mark_delivered(ids, actor=self.bob).ids)

    def mark_undelivered(self, ids) -> None:
        self.decided |= set(lifecycle.mark_undelivered(ids, actor=self.bob).ids)

    def delete(self, ids) -> None:
        lifecycle.delete(ids, actor=self.bob)

    def restore(self, ids) -> None:
        lifecycle.restore(ids, actor=self.bob)

    def release(self, ids) -> None:
        lifecycle.release_delivery(ids, actor=self.bob)

    def file(self, ids) -> None:
        for lead in self._of(ids):
            filed(lead)

    def take(self, ids) -> None:
        for lead in self._of(ids):
            taken(lead)

    def send(self, ids) -> None:
        for lead in self._of(ids):
            sent(lead)

    def stick(self, ids) -> None:
        """Leave deliveries to a person, but only of leads that are still to be sent."""
        for lead in self._of(ids):
            stuck(lead) if lead.current_status == "valid" and not lead.deleted_at else sent(lead)

    def _of(self, ids) -> list[Lead]:
        return [Lead.objects.get(pk=pk) for pk in ids]

    def check(self) -> None:
        leads, jobs, rows = Lead.objects.in_bulk(), {job.pk: job for job in self.jobs}, defaultdict(list)
        for row in Delivery.objects.order_by("round"):
            rows[row.lead_id, row.job_id].append(row)
        for (lead_id, job_id), of_pair in rows.items():
            assert [row.round for row in of_pair] == list(range(1, len(of_pair) + 1))
            assert sum(row.state in OPEN for row in of_pair) <= 1
            assert may_go(leads[lead_id], jobs[job_id]) or [row for row in of_pair if row.state in ("queued", "needs_person")] == []
        for lead in leads.values():
            if lead.pk in self.decided or not is_to_be_sent(lead):
                continue
            for job in self.jobs[:3]:
                assert any(row.state in OPEN or (row.state == "sent" and not row.taken_back_at) for row in rows[lead.pk, job.pk])
            assert rows[lead.pk, self.jobs[3].pk] == [], "its group has sent it to another"
        assert integrity.deliveries() == []
        assert leads_integrity.billing() == []


def is_to_be_sent(lead) -> bool:
    return lead.current_status == "valid" and lead.processr_status == "complete" and lead.deleted_at is None


def may_go(lead, job) -> bool:
    came_as_test = lead.current_status == "test" and not lead.second_check and job.deliver_test_leads
    return lead.deleted_at is None and (lead.current_status == "valid" or came_as_test)


@pytest.fixture(params=[{}, {"lead_volume": 1, "hold_over_delivery": True}], ids=["uncapped", "holds over delivery"])
def setting(request, make_campaign, integrate, make_leads, bob):
    campaign = make_campaign("Any", **request.param)
    jobs = [
        integrate("CRM", on=campaign),
        integrate("File", kind=FILE, deliver_test_leads=True, on=campaign),
        integrate("A", stage=20, on=campaign),
        integrate("B", stage=30, on=campaign),
    ]
    group = services.create_group(campaign, name="G", actor=bob)
    services.put_in_group([jobs[2].pk, jobs[3].pk], group, actor=bob)
    return SimpleNamespace(campaign=campaign, jobs=jobs, leads=make_leads(campaign, LEADS), bob=bob)


SOME = st.sets(st.integers(0, LEADS - 1), min_size=1).map(sorted)
PLAIN = st.sampled_from(
    ["unflag", "reprocess", "mark_delivered", "mark_undelivered", "delete", "restore", "release", "take", "send", "stick", "file"]
)
ACTS = st.one_of(
    st.tuples(st.just("judge"), SOME, st.sampled_from(["valid", "valid", "caution", "test"])),
    st.tuples(st.just("flag"), SOME, st.sampled_from(["valid", "invalid", "test"]), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just("flag"), SOME, st.sampled_from(["valid", "invalid", "test"])),
    st.tuples(PLAIN, SOME),
)


@given(acts=st.lists(ACTS, max_size=14))
def test_the_laws_of_deliveries_hold_after_every_act(setting, acts):
    with transaction.atomic():
        world = World(setting.campaign, setting.leads, setting.jobs, setting.bob)
        for verb, numbers, *said in [("judge", [0], "valid"), *acts]:
            getattr(world, verb)([world.leads[n].pk for n in numbers], *said)
            world.check()
        transaction.set_rollback(True)
