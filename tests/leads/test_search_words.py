"""The table of words: every writer of captured values keeps it as it would be made anew."""

from importlib import import_module

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import submission
from config.core.actor import SYSTEM
from leads import integrity, lifecycle, tasks
from leads.intake import search_index
from leads.intake.service import IncomingLead, Origin, check_open, receive_leads
from leads.models import Lead, LeadSearch
from leads.statuses import EntryPoint
from leads.values import search_words
from leads.values.search_words import STORED_AT_MOST
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

VALUES = st.one_of(
    st.sampled_from(
        ["", "O'Neil\\Núñez", "a/b'c:d&e", "jo@exämple.org", '"j o"@x.org', "+44 20 7946 0001", "020 7946 0001", "x" * 3_000, "山田"]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)
PEOPLE = st.fixed_dictionaries({name: VALUES for name in ("firstName", "lastName", "company", "email", "telephone")})
STEPS = st.lists(st.one_of(st.tuples(st.just("receive"), st.lists(PEOPLE, min_size=1, max_size=3)), st.tuples(st.just("edit"), PEOPLE),
                           st.tuples(st.sampled_from(["delete", "restore"]), st.none())), min_size=1, max_size=5)  # fmt: skip


@pytest.fixture
def door(campaign, form, pat):
    link = campaign.links.get()
    return check_open(submission.load_submission_context(campaign.pk, form_id=form.pk, publisher_id=pat.pk, link_id=link.pk))


def newest() -> int:
    return max(Lead.objects.values_list("pk", flat=True), default=0)


@pytest.mark.django_db
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_any_history_the_words_are_those_of_the_values(door, steps):
    for step, values in steps:
        ids = list(Lead.objects.order_by("pk").values_list("pk", flat=True))[-3:]
        match step:
            case "receive":  # the second one of an external id is not stored
                leads = [IncomingLead(person, origin=Origin(external_id="same" if n else None)) for n, person in enumerate(values)]
                receive_leads(door, leads, entry_point=EntryPoint.WEBHOOK)
            case "edit":
                lifecycle.edit(dict.fromkeys(ids, values), actor=SYSTEM)
            case "delete":
                lifecycle.delete(ids, actor=SYSTEM)
            case "restore":
                lifecycle.restore(ids, actor=SYSTEM)
    assert search_index.wrong_leads(0, newest()) == []
    assert LeadSearch.objects.count() == Lead.objects.count()


@pytest.mark.django_db
def test_a_check_finds_words_that_are_missing_or_others_and_a_walk_writes_the_missing_ones(campaign, make_leads):
    leads = make_leads(campaign, 3)
    assert integrity.search() == []
    LeadSearch.objects.filter(pk=leads[0].pk).delete()
    LeadSearch.objects.filter(pk=leads[1].pk).update(campaign_id=0)
    LeadSearch.objects.filter(pk=leads[2].pk).update(tsv="")
    assert integrity.search() == [
        f"lead {leads[0].pk} has no words to be searched by",
        *(f"lead {lead.pk} is searched by other words than its values have" for lead in leads),
    ]
    Lead.objects.filter(pk=leads[0].pk).update(captured={"company": ["x"], "firstName": None})  # as no writer leaves it
    assert (tasks.write_words_of_newest(), tasks.write_words_of_newest()) == (1, 0)
    assert search_index.wrong_leads(0, newest()) == [lead.pk for lead in leads[1:]]


@pytest.mark.django_db(transaction=True)
def test_leads_from_before_get_their_words_in_batches_and_only_once(campaign, make_leads, monkeypatch):
    make_leads(campaign, 5)
    LeadSearch.objects.all().delete()
    migration = import_module("leads.migrations.0020_words_of_earlier_leads")
    monkeypatch.setattr(import_module("leads.migrations.0016_tests_and_transformed_values_of_leads"), "BATCH", 2)
    for _ in range(2):
        migration.write_words(None, connection.schema_editor())
        assert search_index.wrong_leads(0, newest()) == []
        assert LeadSearch.objects.count() == 5


@given(person=PEOPLE)
def test_the_words_of_a_lead_are_few_short_and_hold_no_blanks(person):
    words = search_words.words_of_lead(list(person.values()), email=person["email"], phone="+442079460001")
    assert len(words) == len(set(words)) <= STORED_AT_MOST
    assert all(words)
    for word in words:
        assert search_words.read_search(word).words or word.startswith("t:")
