"""Different spellings of one value are equal wherever values are compared."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from config.core.accounts import roles
from leads import columns
from leads.models import Lead
from leads.search import matching_leads
from leads.values import texts
from processr.duplicates.by_field import FOLDED, FULL_NAME, SPACES
from processr.engine import scheduler
from processr.lists.services import add_values, create_list, suppress
from processr.models import FieldValue, IndexedField, SuppressedEmail, SuppressedName, ValidationList, ValidationListValue
from processr.plans import builder
from processr.plans.plan import from_body
from tests.cast import make_user
from tests.processr.duplicates.test_value_index import watch_all

migration = import_module("processr.migrations.0007_keys_of_texts_and_emails")
addresses = import_module("processr.migrations.0017_addresses_in_the_value_index")
pytestmark = pytest.mark.django_db
EMAILS = (
    "jo.ng@bücher.example", "Jo.Ng@BÜCHER.Example", "jo.ng@xn--bcher-kva.example", "jo.ng@bu\u0308cher.example", "\u202ajo.ng@bücher。example\u202c", "ｊｏ.ｎｇ@bücher．example", "jo.ng@bücher.example.",
    "\ufeffJO.NG@XN--BCHER-KVA.EXAMPLE\u00a0",
)  # fmt: skip
DOMAINS = (
    "bücher.example",
    "xn--bcher-kva.example",
    "XN--BCHER-KVA.Example",
    "BÜCHER.example",
    "Bu\u0308cher.EXAMPLE\u200b",
    " xn--bcher-kva.example ",
)
NAMES = (
    ("Łukasz", "O'Neil"), ("łukasz", "O’NEIL"), ("Lukasz", "Oʼneil"), ("LUKASZ\u200e", "\u00a0o´neil"), ("Łukasz\u200b", "o＇neil"), ("Lu\u0301kasz", "O'Ne\u0301il"), ("Łu\u00adkasz", "O‘Neil"),
)  # fmt: skip
COMPANIES = (
    "L'Oréal Paris-Est", "l’ore\u0301al  paris‐est", "L’ORÉAL\u00a0PARIS–EST", "\u200fLʼOréal\u2003Paris‑Est\u200b", "L'Ore\u0301al Pa\u00adris-Est", " L´Oréal\tParis−Est ", "L＇ORÉAL\u3000PARIS－EST", "L‘Oréal\u3164Paris—Est",
)  # fmt: skip


def failed_jobs(campaign) -> list[bool]:
    scheduler.process_turn(campaign.pk, 0)
    return [bool(failed) for failed in Lead.objects.filter(campaign=campaign).order_by("pk").values_list("failed_jobs", flat=True)]


@pytest.mark.parametrize(
    ("job", "config", "leads"),
    [
        ("duplicate_email", {}, [{"email": email} for email in EMAILS]),
        ("duplicate_publisher_email", {}, [{"email": email} for email in EMAILS]),
        ("duplicate_field", {"field": "email"}, [{"email": email} for email in EMAILS]),
        ("duplicate_field", {"field": FULL_NAME}, [{"firstName": first, "lastName": last} for first, last in NAMES]),
        ("duplicate_field", {"field": "company"}, [{"company": company} for company in COMPANIES]),
        ("duplicate_field", {"field": "workEmail"}, [{"workEmail": email} for email in EMAILS]),
        ("duplicate_field", {"field": "website"}, [{"website": domain} for domain in DOMAINS]),
    ],
)
def test_of_all_spellings_the_first_lead_passes(campaign, make_leads, add_job, job, config, leads):
    add_job(campaign, job, config=config)
    for captured in leads:
        make_leads(campaign, **{"email": "", **captured})
    assert failed_jobs(campaign) == [False, *[True] * (len(leads) - 1)]


def test_one_suppressed_spelling_stops_all(campaign, make_leads, add_job, bob):
    suppress("email", [EMAILS[2]], actor=bob)
    suppress("name", [NAMES[3]], actor=bob)
    assert [suppress("email", EMAILS, actor=bob).added, suppress("name", NAMES, actor=bob).added] == [0, 0]
    add_job(campaign, "suppressed_email")
    add_job(campaign, "invalid_name")
    for email in EMAILS:
        make_leads(campaign, email=email, firstName="Ann", lastName="Lee")
    for first, last in NAMES:
        make_leads(campaign, email="", firstName=first, lastName=last)
    make_leads(campaign, email="jo.ng@bucher.example", firstName="Lukas", lastName="O'Neil")
    assert failed_jobs(campaign) == [*[True] * (len(EMAILS) + len(NAMES)), False]


@pytest.mark.parametrize("spelling", [COMPANIES[0], COMPANIES[3]])
def test_a_value_is_on_a_list_in_all_spellings(campaign, make_leads, add_job, bob, spelling):
    listed = create_list("Accounts", advertiser=None, actor=bob)
    add_values(listed, [spelling], actor=bob)
    for match in ("exact", "starts", "ends", "contains"):
        add_job(campaign, "suppression_list", config={"list": listed.pk, "field": "company", "match": match})
    for company in (*COMPANIES, "L'Oreal Paris-Est", "L'Oréal ParisEst"):
        make_leads(campaign, company=company)
    assert failed_jobs(campaign) == [*[False] * len(COMPANIES), True, True]


@pytest.mark.parametrize("listed", ["@bücher.example", "@xn--bcher-kva.example", "xn--bcher-kva.example", EMAILS[2]])
def test_an_address_or_its_domain_is_on_a_list_in_all_spellings(campaign, make_leads, add_job, bob, listed):
    values = create_list("Known", advertiser=None, actor=bob)
    add_values(values, [listed], actor=bob)
    matches = ("exact", "starts", "ends", "contains") if "jo" in listed else ("ends", "contains")
    for match in matches:
        add_job(campaign, "suppression_list", config={"list": values.pk, "field": "email", "match": match})
    for email in (*EMAILS, "jo.ng@bucher.example", "jo.ng@buecher.example"):
        make_leads(campaign, email=email)
    assert failed_jobs(campaign) == [*[False] * len(EMAILS), True, True]


@pytest.mark.parametrize(
    ("job", "config"),
    [
        ("required_value", {"required": [{"field": "company", "values": ["x", COMPANIES[1]]}]}),
        ("simple_conditional_validation", {"field": "company", "operator": "EXISTS", "values": [COMPANIES[1]]}),
        ("conditional_mapping", {"mapping": [{"field": "company", "values": [COMPANIES[2]]}]}),
    ],
)
def test_a_condition_holds_for_all_spellings(campaign, make_leads, add_job, job, config):
    add_job(campaign, job, config=config)
    for company in (*COMPANIES, "L'Oreal Paris-Est"):
        make_leads(campaign, company=company)
    assert failed_jobs(campaign) == [*[False] * len(COMPANIES), True]


def test_a_job_of_a_group_runs_for_all_spellings_also_by_a_plan_that_was_stored_with_other_keys(campaign, add_job):
    add_job(campaign, "test_data")
    body = builder.snapshot(campaign).body()
    body["jobs"][0]["conditions"] = [{"field": "company", "values": [COMPANIES[1].strip().casefold()]}]
    (planned, *_) = from_body(body).jobs
    assert [planned.applies_to({"company": company}) for company in (*COMPANIES, "L'Oreal Paris-Est")] == [*[True] * len(COMPANIES), False]


def test_a_search_and_the_filters_find_all_spellings(campaign, make_leads):
    who = make_user(roles.ADMIN)
    by_email = [make_leads(campaign, email=email, firstName="", lastName="")[0].pk for email in EMAILS]
    by_name = [make_leads(campaign, email="", firstName=first, lastName=last)[0].pk for first, last in NAMES]
    filters = {column.filter_name: column.filter for column in columns.all_columns(who) if column.filter}

    def found(condition) -> list[int]:
        return list(Lead.objects.filter(condition).order_by("pk").values_list("pk", flat=True))

    for email in EMAILS:
        assert found(matching_leads(email, who)) == found(filters["email"].condition(email)) == by_email
    for first, last in NAMES:
        assert found(matching_leads(f"{first} {last}", who)) == found(filters["name"].condition(f"{first} {last}")) == by_name
    assert found(filters["email"].condition("jo.ng@bu\u0308ch")) == by_email


TEXTS = st.one_of(
    st.sampled_from([*COMPANIES, "", "O`Neil", "``'", "\u3164", "a  b", "A\x1cB", "が", "か", "Łódź"]),
    st.text(st.sampled_from("aB`' \t\n\x0b\x1c\x1f\x01é’\u00a0"), max_size=8),
)


@pytest.mark.sql
@given(values=st.lists(TEXTS, min_size=1, max_size=8))
def test_sql_and_python_fold_alike(values):
    """Until the index of values is ready, SQL folds what is ASCII."""
    ascii_values = [value for value in values if value.isascii()]
    with connection.cursor() as cursor:
        given = "unnest(%(values)s::text[]) WITH ORDINALITY AS given (value, n)"
        cursor.execute(f"SELECT {FOLDED} FROM {given} ORDER BY n", {"spaces": SPACES, "values": ascii_values})
        assert [row[0] for row in cursor.fetchall()] == [texts.fold_accents(value) for value in ascii_values]


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(
    ("field", "spellings", "other"),
    [("workEmail", EMAILS, "jo.ng@xn--mnchen-3ya.example"), ("website", DOMAINS, "XN--MNCHEN-3YA.example")],
)
def test_an_address_in_any_field_counts_in_all_spellings_for_leads_that_come_later(
    campaign, make_leads, add_job, indexed, field, spellings, other
):
    add_job(campaign, "duplicate_field", config={"field": field})
    if indexed:
        watch_all()
    for spelling in (spellings[1], spellings[0], *spellings[2:], other):
        make_leads(campaign, **{field: spelling})
        failed = failed_jobs(campaign)
    assert failed == [False, *[True] * (len(spellings) - 1), False]


def test_stored_keys_are_folded_anew_in_batches_and_entries_that_become_one_are_merged(bob, monkeypatch):
    """A key may be one that another entry gives up: Søren か gets that of Soren が."""
    monkeypatch.setattr(migration, "BATCH", 2)
    listed, other = (create_list(name, advertiser=None, actor=bob) for name in ("One", "Other"))
    values = [
        ("Acme  Inc", "acme  inc"),
        ("Acme Inc", "acme inc"),
        ("L’Oréal", "l’oréal"),
        ("Plain", "plain"),
        ("ACME\u00a0INC", "acme\u00a0inc"),
        ("ß" * 300, "ss" * 300),
    ]
    ValidationListValue.objects.bulk_create(ValidationListValue(list=listed, value=value, key=key[:500]) for value, key in values)
    ValidationListValue.objects.create(list=other, value="Acme\tInc", key="acme\tinc")
    ValidationList.objects.filter(pk=listed.pk).update(value_count=6)
    SuppressedEmail.objects.bulk_create(
        SuppressedEmail(email=email)
        for email in ("jo@bücher.de", "jo@xn--bcher-kva.de", "\u200eann@x.de", "plain@x.de", "ann@x.de.", "ＡＮＮ@y.de")
    )
    names = [
        ("Soren", "が", "soren か"),
        ("Søren", "か", "søren か"),
        ("Jo", "D’Arcy", "jo d’arcy"),
        ("Jo", "D'Arcy", "jo d'arcy"),
        ("Ann", "Lee", "ann lee"),
    ]
    SuppressedName.objects.bulk_create(SuppressedName(first_name=first, last_name=last, name_key=key) for first, last, key in names)
    for _ in range(2):
        migration.fold_lists(None, SimpleNamespace(connection=connection))
        assert sorted(listed.values.values_list("value", "key")) == sorted(
            [("Acme  Inc", "acme inc"), ("L’Oréal", "l'oréal"), ("Plain", "plain"), ("ß" * 300, ("ss" * 300)[:500])]
        )
        assert list(other.values.values_list("value", "key")) == [("Acme\tInc", "acme inc")]
        assert sorted(SuppressedEmail.objects.values_list("email", flat=True)) == ["ann@x.de", "ann@y.de", "jo@bücher.de", "plain@x.de"]
        stored_names = set(SuppressedName.objects.values_list("first_name", "last_name", "name_key"))
        assert stored_names == {
            ("Soren", "が", "soren が"),
            ("Søren", "か", "soren か"),
            ("Jo", "D’Arcy", "jo d'arcy"),
            ("Ann", "Lee", "ann lee"),
        }
        listed.refresh_from_db()
        assert listed.value_count == 4


def test_addresses_in_the_index_of_values_are_folded_anew(campaign, add_job, make_leads, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    add_job(campaign, "duplicate_field", config={"field": "workEmail", "count": 99})
    for email in ("ann@plain.example", *EMAILS, *DOMAINS):
        make_leads(campaign, workEmail=email)
    failed_jobs(campaign)
    watch_all()
    right = dict(FieldValue.objects.values_list("lead_id", "key"))
    assert len(set(right.values())) == 3
    FieldValue.objects.exclude(lead_id=min(right)).update(key=1)
    addresses.fold_value_index(None, SimpleNamespace(connection=connection))
    assert dict(FieldValue.objects.values_list("lead_id", "key")) == right


def test_the_index_of_values_is_folded_anew(campaign, add_job, make_leads, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    add_job(campaign, "duplicate_field", config={"field": "company", "count": 9})
    leads = [make_leads(campaign, company=company)[0] for company in ("Acme", "Łódź", "か", "が", "\u3164", "L’Oréal")]
    scheduler.process_turn(campaign.pk, 0)
    watch_all()
    right = dict(FieldValue.objects.values_list("lead_id", "key"))
    assert set(right) == {lead.pk for lead in leads if lead.captured["company"] != "\u3164"}
    FieldValue.objects.exclude(lead_id=leads[0].pk).update(key=1)
    FieldValue.objects.create(field=IndexedField.objects.get(), lead_id=leads[4].pk, campaign_id=campaign.pk, key=1)
    for _ in range(2):
        migration.fold_value_index(None, SimpleNamespace(connection=connection))
        assert dict(FieldValue.objects.values_list("lead_id", "key")) == right
