"""Rapid Post Check: exactly one of two near leads passes, in whatever order, chunks and workers, and when repeated."""

from datetime import datetime, timedelta
from itertools import combinations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.jobs.quality.rapid_post import RapidPost
from processr.models import Event
from tests.processr.copies import analyse, copy_lead, forget_statistics
from tests.processr.duplicates.test_duplicates import ACTS, CUTS, SOME, World, ids, judge, judged, scans_of

pytestmark = pytest.mark.django_db

IP = "203.0.113.7"
OTHER_IP = "203.0.113.8"
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def job(campaign, add_job):
    return add_job(campaign, "rapid_post")


@pytest.fixture
def post(make_leads):
    """post(campaign, 0, 20, ip=…): a lead for each second after noon."""

    def make(campaign, *seconds: float, **columns) -> list[Lead]:
        leads = make_leads(campaign, len(seconds))
        for lead, second in zip(leads, seconds, strict=True):
            lead.created_at = at(second)
        Lead.objects.bulk_update(leads, ["created_at"])
        Lead.objects.filter(pk__in=ids(leads)).update(**{"ip": IP, **columns})
        return leads

    return make


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def passing(campaign) -> list[int]:
    judged = Lead.objects.filter(campaign=campaign, processing_counter__gt=0, failed_jobs=[], deleted_at=None)
    return list(judged.exclude(current_status="test").order_by("pk").values_list("pk", flat=True))


def passed(campaign, leads) -> list[bool]:
    standing = passing(campaign)
    return [lead.pk in standing for lead in leads]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((0, 0), [True, False]), ((0, 20), [True, False]), ((0, 30), [True, False]), ((0, 30.001), [True, True]), ((0, 31), [True, True]),
        ((0, 20, 40), [True, False, True]), ((0, 10, 20, 30, 40, 50, 60, 70), [True, False, False, False, True, False, False, False]),
        ((0, 1, 2, 3), [True, False, False, False]), ((0, 3600), [True, True]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_one_lead_of_an_address_passes_in_thirty_seconds_whatever_the_chunks(campaign, job, post, monkeypatch, seconds, expected, chunk):
    monkeypatch.setattr(RapidPost, "chunk", chunk)
    leads = post(campaign, *seconds)
    scheduler.serve_campaigns(seconds=30)
    assert passed(campaign, leads) == expected


@pytest.mark.sql
def test_who_comes_too_soon_is_told_so_without_naming_the_other(campaign, job, post):
    judge(campaign, *(leads := post(campaign, 0, 5)))
    late = Lead.objects.get(pk=leads[1].pk)
    assert late.failed_jobs == [job.pk]
    assert late.qa_result["qaReasons"] == ["Another lead came from the same IP address within 30 seconds"]
    (step,) = Event.objects.get(lead_id=late.pk).steps
    assert (step["field"], step["value"]) == ("ip", IP)


def test_the_time_can_be_set(campaign, add_job, post):
    add_job(campaign, "rapid_post", config={"seconds": 3600})
    leads = post(campaign, 0, 3600, 3601)
    judge(campaign, *leads)
    assert passed(campaign, leads) == [True, False, True]


def test_other_addresses_and_other_campaigns_do_not_matter(make_campaign, campaign, job, add_job, post):
    other = make_campaign()
    add_job(other, "rapid_post")
    here, there, elsewhere = post(campaign, 0), post(campaign, 1, ip=OTHER_IP), post(other, 2)
    judge(campaign, *here, *there)
    judge(other, *elsewhere)
    assert (len(passing(campaign)), len(passing(other))) == (2, 1)


def test_an_address_of_the_new_kind_is_compared_too(campaign, job, post):
    leads = [*post(campaign, 0, ip="2001:db8::1"), *post(campaign, 1, ip="2001:0db8:0::0001"), *post(campaign, 2, ip="2001:db8::2")]
    judge(campaign, *leads)
    assert passed(campaign, leads) == [True, False, True]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"imported": True}, "Imported leads have no IP address of their own"), ({"ip": None}, "The lead has no IP address")],
)
def test_a_lead_without_an_address_of_its_own_is_not_run_and_stands_against_nobody(campaign, job, post, columns, reason):
    leads = [*post(campaign, 0, 1, **columns), *post(campaign, 2)]
    judge(campaign, *leads[:1])
    judge(campaign, *leads[1:])
    assert passed(campaign, leads) == [True, True, True]
    (step,) = Event.objects.get(lead_id=leads[0].pk).steps
    assert (step["outcome"], step["reason"]) == ("skipped", reason)


def test_a_later_lead_that_is_judged_first_gives_way_to_the_earlier_one_that_waits(campaign, job, post):
    earlier, later = post(campaign, 0, 5)
    judge(campaign, later)
    judge(campaign, earlier)
    assert passing(campaign) == [earlier.pk]


def test_an_earlier_lead_passes_while_a_later_one_waits(campaign, job, post):
    earlier, later = post(campaign, 0, 5)
    judge(campaign, earlier)
    judge(campaign, later)
    assert passing(campaign) == [earlier.pk]


def test_the_first_is_the_one_that_came_in_first_also_where_clocks_differ(campaign, job, post):
    first, second = post(campaign, 5, 0)
    judge(campaign, second)
    judge(campaign, first)
    assert passing(campaign) == [first.pk]


def test_processing_again_keeps_who_has_passed(campaign, job, post, bob):
    leads = post(campaign, 0, 5, 40)
    judge(campaign, *leads)
    for again in (leads, leads[1:2], leads[::-1]):
        lifecycle.requeue(ids(again), actor=bob)
        for lead in again:
            judge(campaign, lead)
        assert passed(campaign, leads) == [True, False, True]


def test_after_the_first_is_deleted_reprocessing_lets_the_next_pass_and_the_first_stays_out_when_it_is_back(campaign, job, post, bob):
    first, second = post(campaign, 0, 5)
    judge(campaign, first, second)
    lifecycle.delete([first.pk], actor=bob)
    lifecycle.requeue([second.pk], actor=bob)
    judge(campaign, second)
    assert passing(campaign) == [second.pk]
    lifecycle.restore([first.pk], actor=bob)
    lifecycle.requeue([first.pk], actor=bob)
    judge(campaign, first)
    assert passing(campaign) == [second.pk]


def test_a_test_lead_never_stands_against_others(campaign, job, post, bob):
    tried, real = post(campaign, 0, 5)
    lifecycle.flag([tried.pk], "test", actor=bob, reason="trying out")
    judge(campaign, tried)
    judge(campaign, real)
    assert passing(campaign) == [real.pk]


def test_a_lead_judged_before_there_was_the_job_stands_against_later_ones(campaign, add_job, post):
    add_job(campaign, "test_data")
    old, new = post(campaign, 0, 5)
    judge(campaign, old)
    add_job(campaign, "rapid_post")
    judge(campaign, new)
    assert passing(campaign) == [old.pk]


def test_a_chunk_costs_one_look_up_that_reads_its_neighbours_in_time_and_no_others(campaign, job, post):
    copy_lead(judged(campaign, post(campaign, 1000)), 1999, created_at="lead.created_at + n * interval '1 second'")
    look_up = look_up_of(campaign, post(campaign, *range(3100, 3120)))
    analyse("leads_lead")
    scans = scans_of(look_up)
    assert {scan["Index Name"] for scan in scans} == {"lead_ip"}
    assert sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) == 20  # the chunk itself: each row once


def test_a_new_installation_looks_at_the_index_of_addresses_before_anything_was_analysed(campaign, job, post):
    copy_lead(judged(campaign, post(campaign, 0)), 999, created_at="lead.created_at + n * interval '1 second'")
    look_up = look_up_of(campaign, copy_lead(post(campaign, 0)[0], 500, created_at="lead.created_at + 100 * n * interval '1 second'"))
    forget_statistics("leads_lead")
    assert {scan["Index Name"] for scan in scans_of(look_up)} == {"lead_ip"}


def test_no_other_index_can_be_taken_for_the_one_of_addresses(campaign, job, post):
    """A campaign that began after the last analysis looks empty to PostgreSQL, and any index that begins with the campaign good enough:
    it would read all leads of a large one for each address.
    """
    look_up = look_up_of(campaign, post(campaign, *range(20)))
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX lead_ip")
        cursor.execute("SET LOCAL enable_seqscan = off")
    begin_alike = {index.name for index in Lead._meta.indexes if index.fields[:1] in (["campaign"], ["created_at"])}
    assert begin_alike & {scan["Index Name"] for scan in scans_of(look_up) if "Index Cond" in scan} == set()


def look_up_of(campaign, leads) -> str:
    with CaptureQueriesContext(connection) as captured:
        judge(campaign, *leads)
    (look_up,) = [q["sql"] for q in captured if "WITH ORDINALITY" in q["sql"]]
    return look_up


class Neighbours(World):
    """Six leads of two addresses at any second of a minute and a half."""

    def standing(self) -> list[Lead]:
        return list(Lead.objects.filter(pk__in=passing(self.campaign)))

    def near(self, one: Lead, other: Lead) -> bool:
        return one.ip == other.ip and abs(one.created_at - other.created_at) <= timedelta(seconds=30)

    def are_apart(self) -> bool:
        return not any(self.near(one, other) for one, other in combinations(self.standing(), 2))

    def nobody_failed_for_nothing(self) -> bool:
        standing = self.standing()
        in_sight = Lead.objects.filter(campaign=self.campaign, deleted_at=None).exclude(current_status="test")
        return all(any(self.near(lead, one) for one in standing) for lead in in_sight)


@pytest.fixture
def six(campaign, make_leads):
    """Leads of two addresses, made once for all examples of a property: each is rolled back."""
    return [make_leads(campaign)[0] for _ in range(6)]


@given(
    seconds=st.lists(st.integers(0, 90), min_size=6, max_size=6), before=SOME, acts=ACTS, order=st.permutations(range(6)),
    cuts=CUTS,
)  # fmt: skip
def test_never_two_near_leads_pass_and_after_all_is_processed_again_each_that_failed_has_one_near(
    campaign, job, six, bob, seconds, before, acts, order, cuts
):
    """Two may stand near each other only where the job was never asked: judged before it was added, or restored beside another. Twice:
    who failed beside one that waited has its turn again when that one has failed.
    """
    world_is_orderly = not before and all(what != "restore" for what, _ in acts)
    with transaction.atomic():
        for lead, second, ip in zip(six, seconds, (IP, IP, OTHER_IP, IP, OTHER_IP, IP), strict=True):
            lead.created_at, lead.ip = at(second), ip
        Lead.objects.bulk_update(six, ["created_at", "ip"])
        world = Neighbours(campaign, six, bob)
        world.act("judge_without_the_job", before)
        for act in acts:
            world.act(*act)
            assert world.are_apart() or not world_is_orderly
        for _ in range(2):
            world.process_again(order, cuts)
            assert world.are_apart()
        assert world.nobody_failed_for_nothing()
        transaction.set_rollback(True)
