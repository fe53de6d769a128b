"""Exactly as many equal leads pass as are accepted, in whatever order, chunks and workers, and however often they are processed."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from leads import lifecycle
from leads.models import Lead
from leads.statuses import ProcessrStatus
from processr import integrity
from processr.engine import scheduler
from processr.job_types.outcomes import Outcome
from processr.jobs.quality.duplicate_field import DuplicateField
from processr.plans import builder
from tests.module_cast import ANEW
from tests.processr.duplicates.test_duplicates import ACTS, SOME, World, cut_up, ids, judge
from tests.processr.jobs.asking import LEADS, TEXT
from tests.processr.planned import job as planned
from tests.processr.planned import job_input
from tests.processr.planned import lead as unsaved
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db

ACCEPTED = 2
CUTS = st.lists(st.integers(1, 5), min_size=8, max_size=8)


@pytest.fixture
def limited(campaign, add_job):
    return add_job(campaign, "duplicate_field", config={"field": "company", "count": ACCEPTED})


def standing(campaign, company: str) -> int:
    """Valid leads that have not failed."""
    return Lead.objects.filter(
        campaign=campaign, captured__company=company, current_status="valid", failed_jobs=[], deleted_at=None
    ).count()


class Companies(World):
    """Six leads of two companies."""

    def passing(self) -> list[int]:
        return [standing(self.campaign, name) for name in "ab"]

    def expected(self) -> list[int]:
        seen = Lead.objects.filter(campaign=self.campaign, deleted_at=None).exclude(current_status="test")
        return [min(ACCEPTED, seen.filter(captured__company=name).count()) for name in "ab"]


@pytest.fixture
def six(campaign, make_leads):
    """Made once for all examples of a property: each is rolled back."""
    return [make_leads(campaign, company=name)[0] for name in "aababa"]


@given(before=SOME, acts=ACTS, order=st.permutations(range(6)), cuts=CUTS)
def test_never_do_more_pass_and_after_processing_all_again_exactly_as_many(campaign, limited, six, bob, before, acts, order, cuts):
    """More may stand side by side only where the job was never asked: judged before it was added, or restored beside others."""
    world_is_orderly = not before and all(what != "restore" for what, _ in acts)
    with transaction.atomic():
        world = Companies(campaign, six, bob)
        world.act("judge_without_the_job", before)
        for act in acts:
            world.act(*act)
            assert max(world.passing()) <= ACCEPTED or not world_is_orderly
        world.process_again(order, cuts)
        assert world.passing() == world.expected()
        transaction.set_rollback(True)


WHO = st.fixed_dictionaries(
    {
        "company": st.sampled_from(["A", "a ", "B", ""]),
        "jobTitle": st.sampled_from(["CEO", "ceo", "CFO"]),
        "email": st.sampled_from(["a@x.example", "b@x.example", "c@x.example", "d@x.example"]),
        "comment": st.sampled_from(["fine", "fine", "fine", "test"]),
        "flag": st.sampled_from(["", "", "", "", "valid", "invalid", "test"]),
    }
)


@pytest.fixture
def eight(campaign, add_job, make_leads):
    """On a campaign with a check that compares and one that does not; made once for all examples of a property."""
    add_job(campaign, "duplicate_email", stage=90)
    add_job(campaign, "test_data")
    return [make_leads(campaign)[0] for _ in range(8)]


@given(
    who=st.lists(WHO, min_size=8, max_size=8), counts=st.tuples(st.integers(1, 3), st.integers(1, 3)), weighs=st.booleans(),
    first=st.lists(st.integers(0, 7), max_size=6, unique=True), cuts=CUTS,
)  # fmt: skip
def test_an_answer_does_not_depend_on_the_chunks(campaign, add_job, eight, bob, who, counts, weighs, first, cuts):
    """With two limits, another check that compares, one that does not, flags of people, and leads that were judged before."""

    def failed_by_job(chunks) -> list[list[int]]:
        with transaction.atomic():
            for chunk in cut_up(eight, chunks):
                judge(campaign, *chunk)
            failed = [sorted(jobs) for jobs in Lead.objects.order_by("pk").values_list("failed_jobs", flat=True)]
            transaction.set_rollback(True)
        return failed

    with transaction.atomic():
        builder._stored_plan.cache_clear()  # the number of its plan was that of the example before
        add_job(campaign, "duplicate_field", config={"field": "company", "count": counts[0]}, score=10 if weighs else 0)
        add_job(campaign, "duplicate_field", config={"field": "jobTitle", "count": counts[1]})
        for lead, one in zip(eight, who, strict=True):
            lead.captured |= {name: value for name, value in one.items() if name != "flag"}
            lead.email = one["email"]
        Lead.objects.bulk_update(eight, ["captured", "email"])
        for flag in sorted({one["flag"] for one in who} - {""}):
            lifecycle.flag([lead.pk for lead, one in zip(eight, who, strict=True) if one["flag"] == flag], flag, actor=bob, reason="Known")
        for n in first:
            judge(campaign, eight[n])
        lifecycle.requeue([eight[n].pk for n in first], actor=bob)
        assert failed_by_job([*cuts, 8]) == failed_by_job([1] * 8)
        transaction.set_rollback(True)


@given(
    captured=st.lists(LEADS, min_size=1, max_size=3),
    field=st.one_of(TEXT, st.sampled_from(["country", "email", "*"])),
    count=st.integers(1, 3),
)
def test_whatever_is_sent_it_answers(campaign, captured, field, count):
    """Also with values that cannot be stored, and names that no field can have."""
    leads = [unsaved(**one) for one in captured]
    asked = DuplicateField(
        planned(type="duplicate_field", config={"field": "".join(c for c in field if c not in "\x00\ud800"), "count": count})
    )
    asked.prepare(job_input(*leads))
    assert all(isinstance(asked.check(one), Outcome) for one in leads)
    assert asked.rule().strip()


@pytest.mark.parametrize("level", ["Campaign", "Advertiser", "Enterprise"])
@pytest.mark.django_db(transaction=True)
def test_two_engines_over_two_campaigns_let_exactly_as_many_pass(make_campaign, add_job, make_leads, bob, monkeypatch, level):
    """Each campaign looks at the other, one of them perhaps further; leads were all judged before the job was added."""
    monkeypatch.setattr(DuplicateField, "chunk", 5)
    one, other = make_campaign(), make_campaign()
    for campaign in (one, other):
        add_job(campaign, "test_data")
    companies = [f"Company {n}" for n in range(6)]
    leads = make_leads(one, 72)
    for n, lead in enumerate(leads):
        lead.campaign, lead.captured["company"] = (one, other)[n % 2], companies[n // 2 % 6]
    Lead.objects.bulk_update(leads, ["campaign", "captured"])
    scheduler.serve_campaigns(seconds=30)
    add_job(one, "duplicate_field", config={"field": "company", "count": 3, "level": level, "campaign_ids": [other.pk]})
    add_job(other, "duplicate_field", config={"field": "company", "count": 3, "level": "Campaign", "campaign_ids": [one.pk]})

    for _ in range(2):
        everybody = Lead.objects.filter(deleted_at=None)
        lifecycle.requeue(ids(everybody), actor=bob)
        assert at_once(lambda: scheduler.serve_campaigns(seconds=30), lambda: scheduler.serve_campaigns(seconds=30)) == []
        assert not everybody.exclude(processr_status=ProcessrStatus.COMPLETE).exists()
        passed = [everybody.filter(captured__company=name, current_status="valid") for name in companies]
        assert [leads.count() for leads in passed] == [3] * 6
        lifecycle.delete([pk for leads in passed for pk in ids(leads)], actor=bob)
    assert integrity.runs() + integrity.job_tallies() == []
