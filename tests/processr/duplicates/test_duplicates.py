"""Exactly one of equal leads passes, in whatever order, chunks and workers, and however often they are processed."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import lifecycle
from leads.models import Lead
from leads.statuses import ProcessrStatus
from processr import integrity
from processr.engine import scheduler
from processr.engine.pipeline import judge_chunk
from processr.jobs.quality.duplicate_email import DuplicateEmail
from processr.plans import current_plan
from tests.module_cast import ANEW
from tests.processr.copies import analyse, copy_lead, forget_statistics, same_as
from tests.processr.planned import plan_nodes
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db


@pytest.fixture
def job(campaign, add_job):
    return add_job(campaign, "duplicate_email")


def claimed(leads):
    """These leads, whatever their place in the queue, under a token of their own."""
    token = uuid4()
    waiting = Lead.objects.filter(pk__in=[lead.pk for lead in leads], processr_status=ProcessrStatus.WAITING, deleted_at=None)
    waiting.update(processr_status=ProcessrStatus.PROCESSING, claim=token, claimed_at=timezone.now())
    return token, list(Lead.objects.filter(claim=token).order_by("pk"))


def judge(campaign, *leads):
    token, rows = claimed(leads)
    judge_chunk(current_plan(campaign.pk), rows, token=token)


def judged(campaign, leads) -> Lead:
    """The last of them, as the judgement has left it."""
    judge(campaign, *leads)
    return Lead.objects.get(pk=leads[-1].pk)


def passing(campaign, email="same@example.com"):
    """Ids of the judged leads in sight that have passed."""
    leads = Lead.objects.filter(campaign=campaign, email=email, processing_counter__gt=0, failed_jobs=[], deleted_at=None)
    return list(leads.exclude(current_status="test").order_by("pk").values_list("pk", flat=True))


def same(make_leads, campaign, n, **more):
    return make_leads(campaign, n, email="Same@Example.com ", **more)


def test_the_first_of_three_equals_in_one_chunk_passes_and_the_others_say_why_without_naming_it(campaign, job, make_leads, bob):
    first, *others = same(make_leads, campaign, 3)
    for _ in range(2):
        judge(campaign, first, *others)
        assert passing(campaign) == [first.pk]
        lifecycle.requeue(ids([first, *others]), actor=bob)
    for lead in Lead.objects.filter(pk__in=[o.pk for o in others]):
        assert lead.failed_jobs == [job.pk]
        assert lead.qa_result["qaReasons"] == ["The e-mail address was already received on this campaign"]


def test_a_later_lead_that_is_judged_first_gives_way_to_the_earlier_one_that_waits(campaign, job, make_leads):
    earlier, later = same(make_leads, campaign, 2)
    judge(campaign, later)
    judge(campaign, earlier)
    assert passing(campaign) == [earlier.pk]


def test_an_earlier_lead_passes_while_a_later_one_waits(campaign, job, make_leads):
    earlier, later = same(make_leads, campaign, 2)
    judge(campaign, earlier)
    assert passing(campaign) == [earlier.pk]
    judge(campaign, later)
    assert passing(campaign) == [earlier.pk]


def test_who_has_passed_keeps_it_when_processed_again_together_with_an_earlier_one_that_had_not(campaign, job, make_leads, bob):
    earlier, later = same(make_leads, campaign, 2)
    lifecycle.delete([earlier.pk], actor=bob)
    judge(campaign, later)
    lifecycle.restore([earlier.pk], actor=bob)
    judge(campaign, earlier)
    lifecycle.requeue([earlier.pk, later.pk], actor=bob)
    judge(campaign, earlier, later)
    assert passing(campaign) == [later.pk]


def test_a_lead_that_was_judged_stands_against_an_earlier_one_that_comes_into_sight_only_now(campaign, job, make_leads, bob):
    earlier, later = same(make_leads, campaign, 2)
    lifecycle.delete([earlier.pk], actor=bob)
    judge(campaign, later)
    lifecycle.restore([earlier.pk], actor=bob)
    judge(campaign, earlier)
    assert passing(campaign) == [later.pk]


def test_after_the_first_is_deleted_reprocessing_lets_one_other_pass(campaign, job, make_leads, bob):
    leads = same(make_leads, campaign, 3)
    judge(campaign, *leads)
    lifecycle.delete([leads[0].pk], actor=bob)
    lifecycle.requeue([leads[1].pk, leads[2].pk], actor=bob)
    judge(campaign, leads[2])
    judge(campaign, leads[1])
    assert passing(campaign) == [leads[2].pk]


def test_a_test_lead_never_stands_against_others(campaign, job, make_leads, bob):
    tried, real = same(make_leads, campaign, 2)
    lifecycle.flag([tried.pk], "test", actor=bob, reason="trying out")
    judge(campaign, tried, real)
    assert passing(campaign) == [real.pk]


def test_a_lead_that_was_judged_and_is_a_test_now_stands_against_no_earlier_one(campaign, job, make_leads, bob):
    earlier, later = same(make_leads, campaign, 2)
    lifecycle.delete([earlier.pk], actor=bob)
    judge(campaign, later)
    lifecycle.restore([earlier.pk], actor=bob)
    lifecycle.flag([later.pk], "test", actor=bob, reason="trying out")
    lifecycle.requeue([later.pk], actor=bob)
    judge(campaign, earlier, later)
    assert passing(campaign) == [earlier.pk]


def test_leads_of_a_campaign_in_test_mode_do_not_stand_against_each_other(make_campaign, add_job, make_leads):
    campaign = make_campaign(test_mode=True)
    add_job(campaign, "duplicate_email")
    leads = same(make_leads, campaign, 2)
    judge(campaign, *leads)
    assert list(Lead.objects.filter(campaign=campaign).values_list("failed_jobs", flat=True)) == [[], []]


def test_the_same_address_on_another_campaign_is_no_duplicate(make_campaign, campaign, job, add_job, make_leads):
    other = make_campaign()
    add_job(other, "duplicate_email")
    for c in (campaign, other):
        judge(c, *same(make_leads, c, 1))
    assert len(passing(campaign)) == len(passing(other)) == 1


def test_leads_without_an_address_are_not_run_and_are_nobodys_equal(campaign, job, make_leads):
    judge(campaign, *make_leads(campaign, 3, email=" "))
    assert len(passing(campaign, email="")) == 3


def test_a_lead_judged_before_there_was_the_job_stands_against_later_ones(campaign, add_job, make_leads):
    add_job(campaign, "test_data")
    old, new = same(make_leads, campaign, 2)
    judge(campaign, old)
    add_job(campaign, "duplicate_email")
    judge(campaign, new)
    assert passing(campaign) == [old.pk]


def test_a_lead_taken_away_meanwhile_fails_nobody_as_its_duplicate(campaign, job, make_leads, bob):
    first, second = same(make_leads, campaign, 2)
    token, rows = claimed([first, second])
    lifecycle.edit({first.pk: {"email": "other@example.com"}}, actor=bob)
    judge_chunk(current_plan(campaign.pk), rows, token=token)
    assert passing(campaign) == [second.pk]


def test_a_hundred_equals_cost_one_query_and_one_look_at_each_index(campaign, job, make_leads):
    copy_lead(make_leads(campaign)[0], 1999)
    failed = judged(campaign, same(make_leads, campaign, 2))
    copy_lead(failed, 98, **same_as(failed))
    look_up = look_up_of(campaign, same(make_leads, campaign, 20))
    analyse("leads_lead")
    scans = scans_of(look_up)
    assert {scan["Index Name"] for scan in scans} == {"lead_email", "lead_transformed_email"}
    assert sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) <= 1


def test_a_new_installation_looks_at_the_index_of_addresses_before_anything_was_analysed(campaign, job, make_leads):
    copy_lead(judged(campaign, make_leads(campaign)), 999)
    look_up = look_up_of(campaign, make_leads(campaign, 500))
    forget_statistics("leads_lead")
    assert {scan["Index Name"] for scan in scans_of(look_up)} == {"lead_email", "lead_transformed_email"}


def look_up_of(campaign, leads) -> str:
    with CaptureQueriesContext(connection) as captured:
        judge(campaign, *leads)
    (look_up,) = [q["sql"] for q in captured if "unnest" in q["sql"] and "LATERAL" in q["sql"]]
    return look_up


def scans_of(sql: str) -> list[dict]:
    """The looks at indexes of leads. A bitmap has an entry for every dead version of a row as well: of it, the rows that were there."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        ((plan,),) = cursor.fetchone()
    nodes = list(plan_nodes(plan["Plan"]))
    there = {id(part): heap["Actual Rows"] for heap in nodes if heap["Node Type"] == "Bitmap Heap Scan" for part in heap["Plans"]}
    looked_at = [node for node in nodes if node.get("Index Name", "").startswith("lead_")]
    return [{**node, "Actual Rows": there.get(id(node), node["Actual Rows"])} for node in looked_at]


NUMBER = st.integers(0, 5)
SOME = st.lists(NUMBER, max_size=6, unique=True)
CUTS = st.lists(st.integers(1, 5), min_size=6, max_size=6)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["judge", "claim", "requeue"]), SOME),
        st.tuples(st.sampled_from(["delete", "restore", "test"]), NUMBER.map(lambda n: [n])),
        st.tuples(st.just("finish"), st.lists(st.integers(0, 2), min_size=1, max_size=1)),
    ),
    max_size=12,
)


class World:
    """Six leads with two addresses, some judged before there was the job, and claims that are under way while others act."""

    def __init__(self, campaign, leads, bob):
        self.campaign, self.leads, self.bob, self.under_way = campaign, leads, bob, []
        self.plan = current_plan(campaign.pk)

    def act(self, what, numbers):
        getattr(self, what)(*([self.leads[n] for n in numbers],) if what != "finish" else numbers)

    def judge_without_the_job(self, leads):
        self._judge(claimed(leads), replace(self.plan, jobs=()))

    def judge(self, leads):
        self._judge(claimed(leads), self.plan)

    def claim(self, leads):
        self.under_way.append(claimed(leads))

    def finish(self, number):
        if number < len(self.under_way):
            self._judge(self.under_way.pop(number), self.plan)

    def requeue(self, leads):
        lifecycle.requeue(ids(leads), actor=self.bob)

    def delete(self, leads):
        lifecycle.delete(ids(leads), actor=self.bob)

    def restore(self, leads):
        lifecycle.restore(ids(leads), actor=self.bob)

    def test(self, leads):
        lifecycle.flag(ids(leads), "test", actor=self.bob, reason="trying out")

    def process_again(self, order, cuts):
        """All of them, once nothing is under way, in chunks of so many."""
        while self.under_way:
            self.finish(0)
        self.requeue(self.leads)
        for chunk in cut_up(order, cuts):
            self.act("judge", chunk)

    def _judge(self, claim, plan):
        token, rows = claim
        judge_chunk(plan, rows, token=token)

    def passing(self):
        return [len(passing(self.campaign, f"{name}@example.com")) for name in "ab"]

    def expected(self):
        """One of each address of which a lead is in sight."""
        seen = Lead.objects.filter(campaign=self.campaign, deleted_at=None).exclude(current_status="test")
        return [int(seen.filter(email=f"{name}@example.com").exists()) for name in "ab"]


def cut_up(leads, cuts):
    """Yield chunks of this size until no lead is left."""
    for cut in cuts:
        chunk, leads = leads[:cut], leads[cut:]
        if chunk:
            yield chunk


def ids(leads):
    return [lead.pk for lead in leads]


@pytest.fixture
def six(campaign, make_leads):
    """Leads of two addresses, made once for all examples of a property: each is rolled back."""
    return [make_leads(campaign, email=f"{name}@example.com")[0] for name in "aababa"]


@given(before=SOME, acts=ACTS, order=st.permutations(range(6)), cuts=CUTS)
def test_never_two_equals_pass_and_after_processing_all_again_exactly_one_does(campaign, job, six, bob, before, acts, order, cuts):
    """Two may stand side by side only where the job was never asked: judged before it was added, or restored beside another."""
    world_is_orderly = not before and all(what != "restore" for what, _ in acts)
    with transaction.atomic():
        world = World(campaign, six, bob)
        world.act("judge_without_the_job", before)
        for act in acts:
            world.act(*act)
            assert max(world.passing()) <= 1 or not world_is_orderly
        world.process_again(order, cuts)
        assert world.passing() == world.expected()
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_engines_over_one_campaign_let_exactly_one_of_equals_pass(campaign, add_job, make_leads, bob, monkeypatch):
    """Leads that were all judged before the job was added: each stands against each until one has failed, so the order is all."""
    monkeypatch.setattr(DuplicateEmail, "chunk", 5)
    add_job(campaign, "test_data")
    leads = make_leads(campaign, 60)
    for n, lead in enumerate(leads):
        lead.email = f"person{n // 15}.{n % 5}@example.com"
    Lead.objects.bulk_update(leads, ["email"])
    scheduler.serve_campaigns(seconds=30)
    add_job(campaign, "duplicate_email")

    for _ in range(3):
        everybody = list(Lead.objects.filter(deleted_at=None).values_list("pk", flat=True))
        lifecycle.requeue(everybody, actor=bob)
        assert at_once(lambda: scheduler.serve_campaigns(seconds=30), lambda: scheduler.serve_campaigns(seconds=30)) == []
        assert not Lead.objects.filter(deleted_at=None).exclude(processr_status=ProcessrStatus.COMPLETE).exists()
        first = [passing(campaign, f"person{n // 5}.{n % 5}@example.com") for n in range(20)]
        assert [len(passed) for passed in first] == [1] * 20
        lifecycle.delete([pk for (pk,) in first], actor=bob)
    assert integrity.runs() + integrity.job_tallies() == []
