"""Duplicate Email For Same Publisher: exactly one of a publisher's equal leads passes, and publishers do not affect each other."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from campaigns import services
from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.jobs.quality.duplicate_publisher_email import DuplicatePublisherEmail
from processr.models import Event
from tests.processr.copies import analyse, copy_lead, forget_statistics
from tests.processr.duplicates.test_duplicates import cut_up, ids, judge, judged, look_up_of, scans_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(campaign, add_job):
    return add_job(campaign, "duplicate_publisher_email")


@pytest.fixture
def quinn(bob):
    return services.create_publisher("Quinn Media", actor=bob)


def same(make_leads, campaign, n=1, **more):
    return make_leads(campaign, n, email=" Same@Example.com", **more)


def passing(campaign) -> list[int]:
    return list(Lead.objects.filter(campaign=campaign, qa_status="valid").order_by("pk").values_list("pk", flat=True))


def test_its_number_stays():
    assert DuplicatePublisherEmail.api_id == 1091


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_the_first_of_each_publisher_passes_whatever_the_chunks(campaign, job, make_leads, quinn, monkeypatch, chunk):
    monkeypatch.setattr(DuplicatePublisherEmail, "chunk", chunk)
    pats, quinns = same(make_leads, campaign, 2), same(make_leads, campaign, 2, publisher=quinn)
    pats += same(make_leads, campaign)
    scheduler.serve_campaigns(seconds=10)
    assert passing(campaign) == [pats[0].pk, quinns[0].pk]
    late = Lead.objects.get(pk=quinns[1].pk)
    assert late.qa_result["qaReasons"] == ["The publisher has sent this e-mail address to the campaign before"]
    assert Event.objects.get(lead_id=late.pk).steps[0]["value"] == "same@example.com"


def test_another_campaign_of_the_publisher_does_not_matter(make_campaign, campaign, job, add_job, make_leads):
    other = make_campaign()
    add_job(other, "duplicate_publisher_email")
    for one in (campaign, other):
        judge(one, *same(make_leads, one))
    assert (len(passing(campaign)), len(passing(other))) == (1, 1)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"email": ""}, "The lead has no e-mail address"), ({"publisher": None}, "The lead came from no publisher")],
)
def test_who_has_no_address_or_no_publisher_is_not_run_and_is_nobodys_equal(campaign, job, make_leads, columns, reason):
    judge(campaign, *make_leads(campaign, 2, **{"email": "same@example.com", **columns}))
    assert len(passing(campaign)) == 2
    assert {step["reason"] for event in Event.objects.all() for step in event.steps} == {reason}


@pytest.mark.sql
def test_a_later_lead_that_is_judged_first_gives_way_to_the_earlier_one_of_its_publisher_that_waits(campaign, job, make_leads, quinn):
    of_quinn, earlier, later = same(make_leads, campaign, publisher=quinn)[0], *same(make_leads, campaign, 2)
    judge(campaign, later)
    judge(campaign, earlier)
    judge(campaign, of_quinn)
    assert passing(campaign) == [of_quinn.pk, earlier.pk]


def test_deleted_and_test_leads_do_not_stand_in_the_way(campaign, job, make_leads, bob):
    gone, tried, last = same(make_leads, campaign, 3)
    lifecycle.delete([gone.pk], actor=bob)
    lifecycle.flag([tried.pk], "test", actor=bob, reason="trying out")
    judge(campaign, tried, last)
    assert last.pk in passing(campaign)


def test_a_chunk_costs_one_look_at_the_index_of_addresses_analysed_or_not(campaign, job, make_leads, quinn):
    copy_lead(judged(campaign, make_leads(campaign)), 999)
    look_up = look_up_of(campaign, [*make_leads(campaign, 200), *same(make_leads, campaign, publisher=quinn)])
    for statistics in (forget_statistics, analyse):
        statistics("leads_lead")
        scans = scans_of(look_up)
        assert {scan["Index Name"] for scan in scans} == {"lead_email", "lead_transformed_email"}, scans


@pytest.fixture
def six(campaign, make_leads):
    """Equals, made once for all examples of a property: each is rolled back."""
    return same(make_leads, campaign, 6)


@given(
    publishers=st.lists(st.integers(0, 2), min_size=6, max_size=6), order=st.permutations(range(6)), again=st.permutations(range(6)),
    cuts=st.lists(st.integers(1, 6), min_size=6, max_size=6),
)  # fmt: skip
def test_of_each_publisher_exactly_one_passes_in_any_order_and_the_same_after_processing_again(
    campaign, job, six, pat, quinn, bob, publishers, order, again, cuts
):
    expected = sorted({0, 1} & set(publishers)), publishers.count(2)

    def standing():
        valid = Lead.objects.filter(pk__in=ids(six), qa_status="valid").values_list("publisher_id", flat=True)
        named = [pk for pk in valid if pk]
        return sorted(0 if pk == pat.pk else 1 for pk in named), len(valid) - len(named)

    with transaction.atomic():
        for lead, n in zip(six, publishers, strict=True):
            lead.publisher = (pat, quinn, None)[n]
        Lead.objects.bulk_update(six, ["publisher"])
        for turn in (order, again):
            for chunk in cut_up(turn, cuts):
                judge(campaign, *(six[n] for n in chunk))
            assert standing() == expected
            lifecycle.requeue(ids(six), actor=bob)
        transaction.set_rollback(True)
