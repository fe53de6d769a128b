"""The value index: kept with every judgement, and filled once for leads that were judged before."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import lifecycle
from leads.models import Lead
from processr import tasks
from processr.duplicates import by_field, value_index
from processr.models import FieldValue, IndexedField
from processr.plans import builder
from processr.services import disable_job, enable_job
from tests.processr.copies import analyse, copy_lead, forget_statistics
from tests.processr.duplicates.test_duplicates import ids, judge
from tests.processr.planned import plan_nodes


def watch_all() -> None:
    tasks.watch_fields()
    IndexedField.objects.filter(ready_at=None).update(seen_xid=0)  # a test is one transaction, and always older than itself
    tasks.watch_fields()
    assert not IndexedField.objects.filter(ready_at=None).exists()


@pytest.fixture
def limited(campaign, add_job):
    return add_job(campaign, "duplicate_field", config={"field": "company", "count": 1})


def kept() -> dict[int, int]:
    return dict(FieldValue.objects.values_list("lead_id", "key"))


def key(value: str) -> int:
    return value_index.key_of(value)


@pytest.mark.django_db
def test_only_fields_that_a_job_compares_and_that_have_no_index_of_their_own_are_watched(campaign, limited, add_job):
    add_job(campaign, "duplicate_field", config={"field": "email"})
    add_job(campaign, "duplicate_field", config={"field": "jobTitle"}, enabled=False)
    value_index.index_fields(by_field.TYPES, columns=by_field.COLUMNS)
    assert list(IndexedField.objects.values_list("name", flat=True)) == ["company"]


@pytest.mark.sql
@pytest.mark.django_db
def test_leads_that_were_judged_before_are_kept_in_portions_and_those_that_wait_are_not(campaign, limited, make_leads, monkeypatch):
    monkeypatch.setattr(value_index, "FILLED_AT_ONCE", 2)
    leads = [make_leads(campaign, company=name)[0] for name in ("Acme", " ACME ", "", "Bolt", "Corp")]
    judge(campaign, *leads[:4])
    assert kept() == {}
    watch_all()
    assert kept() == {leads[0].pk: key("acme"), leads[1].pk: key("acme"), leads[3].pk: key("bolt")}


@pytest.mark.sql
@pytest.mark.django_db
def test_what_a_judgement_saw_is_kept_with_it_and_what_is_emptied_goes(campaign, limited, make_leads, bob):
    watch_all()
    leads = [make_leads(campaign, company=name)[0] for name in ("Acme", "Bolt", "Corp")]
    judge(campaign, *leads)
    assert kept() == {leads[0].pk: key("acme"), leads[1].pk: key("bolt"), leads[2].pk: key("corp")}
    lifecycle.edit({leads[0].pk: {"company": "Other"}, leads[1].pk: {"company": "\u3164 "}}, actor=bob)
    assert kept() == {leads[0].pk: key("other"), leads[2].pk: key("corp")}
    lifecycle.requeue(ids(leads), actor=bob)
    judge(campaign, *leads)
    assert kept() == {leads[0].pk: key("other"), leads[2].pk: key("corp")}


@pytest.mark.django_db
def test_an_edit_of_a_lead_that_waits_for_its_first_judgement_keeps_nothing_yet(campaign, limited, make_leads, bob):
    watch_all()
    (lead,) = make_leads(campaign, company="Acme")
    lifecycle.edit({lead.pk: {"company": "Other"}}, actor=bob)
    assert kept() == {}


@pytest.mark.sql
@pytest.mark.django_db
def test_a_field_that_no_job_compares_any_more_is_forgotten_after_a_day_in_portions(campaign, limited, make_leads, monkeypatch, bob):
    monkeypatch.setattr(value_index, "DELETED_AT_ONCE", 2)
    watch_all()
    judge(campaign, *[make_leads(campaign, company=name)[0] for name in ("Acme", "Bolt", "Corp")])
    disable_job(limited.pk, actor=bob)
    tasks.watch_fields()
    assert len(kept()) == 3
    enable_job(limited.pk, actor=bob)
    tasks.watch_fields()
    assert IndexedField.objects.get().unused_since is None
    disable_job(limited.pk, actor=bob)
    tasks.watch_fields()
    IndexedField.objects.update(unused_since=timezone.now() - timedelta(days=1, seconds=1))
    assert value_index.delete_unused()
    assert (len(kept()), IndexedField.objects.get().ready_at) == (1, None)
    tasks.watch_fields()
    assert (kept(), IndexedField.objects.count()) == ({}, 0)


@pytest.mark.sql
@pytest.mark.django_db
def test_a_field_that_is_used_again_while_it_is_being_forgotten_is_filled_again(campaign, limited, make_leads, monkeypatch):
    monkeypatch.setattr(value_index, "DELETED_AT_ONCE", 1)
    watch_all()
    judge(campaign, *[make_leads(campaign, company=name)[0] for name in ("Acme", "Bolt")])
    IndexedField.objects.update(unused_since=timezone.now() - timedelta(days=2))
    assert value_index.delete_unused()
    assert len(kept()) == 1
    watch_all()
    assert (len(kept()), IndexedField.objects.get().unused_since) == (2, None)


@pytest.mark.sql
@pytest.mark.django_db
def test_telephones_are_kept_as_they_are_compared_with_every_judgement_edit_and_filling(campaign, add_job, make_leads, bob):
    add_job(campaign, "duplicate_field", config={"field": "workPhone", "count": 9})
    spellings = ["+44 20 7946 0958", "(+44) 20 7946 0958", "020 7946 0958"]
    leads = [make_leads(campaign, workPhone=spelling, country="United Kingdom")[0] for spelling in spellings]
    judge(campaign, *leads[:2])
    watch_all()
    judge(campaign, leads[2])
    assert kept() == {lead.pk: key("+442079460958") for lead in leads}
    lifecycle.edit({leads[0].pk: {"country": "Atlantis", "workPhone": "020 7946 0958"}}, actor=bob)
    assert kept()[leads[0].pk] == key("02079460958")


@pytest.fixture
def six(campaign, make_leads):
    """Made once for all examples of a property: each is rolled back."""
    return [make_leads(campaign)[0] for _ in range(6)]


NAMES = (
    "Acme", "ACME ", "Café", "CAFE", "Łódź", "lodz", "が", "か", "D’Arcy", "d'arcy",
    "a\u00a0b", "a b", "020 7946 0001", "+44 20 79460001", "",
)  # fmt: skip


@pytest.mark.django_db
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=6, max_size=6),
    counts=st.integers(1, 3), level=st.sampled_from(["Campaign", "Advertiser", "Enterprise"]), field=st.sampled_from(["company", "workPhone"]),
)  # fmt: skip
def test_the_answer_is_the_same_whether_the_values_are_kept_or_looked_through(campaign, add_job, six, names, counts, level, field):
    def failed(*, ready: bool) -> list[bool]:
        with transaction.atomic():
            if ready:
                watch_all()
            for n in range(0, 6, 2):
                judge(campaign, *six[n : n + 2])
            assert FieldValue.objects.exists() is (ready and any(names))
            failing = [bool(jobs) for jobs in Lead.objects.order_by("pk").values_list("failed_jobs", flat=True)]
            transaction.set_rollback(True)
        return failing

    with transaction.atomic():
        builder._stored_plan.cache_clear()  # the number of its plan was that of the example before
        add_job(campaign, "duplicate_field", config={"field": field, "count": counts, "level": level})
        for lead, name in zip(six, names, strict=True):
            lead.captured |= {field: name, "country": "GB"}
        Lead.objects.bulk_update(six, ["captured"])
        assert failed(ready=True) == failed(ready=False)
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("level", ["Campaign", "Advertiser", "Enterprise"])
def test_a_chunk_costs_one_look_at_the_index_of_values_and_reads_no_other_leads(campaign, add_job, make_leads, level):
    add_job(campaign, "duplicate_field", config={"field": "company", "count": 3, "level": level})
    watch_all()
    judge(campaign, *(some := [make_leads(campaign, company=name)[0] for name in ("Company 0", "Acme")]))
    company, acme = Lead.objects.filter(pk__in=ids(some)).order_by("pk")
    copies = copy_lead(company, 499, captured="lead.captured || jsonb_build_object('company', 'Company ' || n)")
    copies += copy_lead(acme, 299)
    indexed = {"field": IndexedField.objects.get(), "campaign_id": campaign.pk}
    FieldValue.objects.bulk_create(FieldValue(lead_id=one.pk, key=key(one.captured["company"].lower()), **indexed) for one in copies)
    with CaptureQueriesContext(connection) as captured:
        judge(campaign, *make_leads(campaign, 20, company="Acme"), *make_leads(campaign, 20, company="Company 7"))
    (look_up,) = [q["sql"] for q in captured if "unnest" in q["sql"] and "LATERAL" in q["sql"]]
    for statistics in (forget_statistics, analyse):
        statistics("leads_lead", "processr_fieldvalue")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {look_up}")
            ((plan,),) = cursor.fetchone()
        ran = [node for node in plan_nodes(plan["Plan"]) if node["Actual Loops"]]
        of_leads = [node for node in ran if node.get("Relation Name") == "leads_lead"]
        at_most = 40 + 3 + 21  # the chunk, three of Acme, those of Company 7
        assert sum(round(node["Actual Rows"] * node["Actual Loops"]) for node in of_leads) <= at_most
        assert "field_value_key" in {node.get("Index Name") for node in ran}
