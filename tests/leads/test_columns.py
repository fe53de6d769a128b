"""Columns of leads: what is declared once holds in Python and in SQL, and for each role."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.tabular.csv_writer import CsvFormat, copy_rows
from leads import lifecycle, privacy
from leads.columns import DEFAULT_COLUMNS, all_columns, columns_for, copy_statement, rows_for_page, sorts_for
from leads.extension_points import LeadPage, lead_columns, lead_filters
from leads.models import Lead
from leads.selectors import leads_for
from leads.statuses import EntryPoint
from processr.services import add_job
from tests.leads.acts import judge_all
from tests.screens.conftest import member  # noqa: F401  (a fixture)

FIELDS = ("captured:company", "transformed:company", "enriched:company", "captured:0", 'captured:%s " \\')
ODD = [
    "", "a", " ", "e\u0301cole", "👩‍👩‍👧 Ünal", "\x01\x1f\x7f", "\u202eabc", "=1+1", "••••", '%s "\\', "\n\r\t", "x" * 20_000,
    "true\n", " true ", "NO", "tru", "0", "-12.5e3", "12 000", "31/12/1965", "+44 7700", "9am", "50%", "1e", "٣", "\n", "ſ", "on\u00a0",
]  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = TEXTS | st.none() | st.booleans() | NUMBERS | st.lists(TEXTS, max_size=2)
NAMES = st.sampled_from(["company", "email", "telephone", "firstName", "lastName", "0", '%s " \\'])
OBJECTS = st.dictionaries(NAMES, VALUES)
CLAIM = {"claim": UUID(int=1), "claimed_at": datetime(2026, 6, 1, tzinfo=UTC)}
STANDINGS = st.sampled_from([
    {"processr_status": "waiting", "qa_status": "", "current_status": "pending"},
    {"processr_status": "processing", "qa_status": "", "current_status": "pending", **CLAIM},
    {"processr_status": "held", "hold_reason": "no_job", "qa_status": "", "current_status": "pending"},
    {"processr_status": "held", "hold_reason": "retired", "qa_status": "caution", "current_status": "caution"},
    {"processr_status": "complete", "qa_status": "valid", "second_check": "invalid", "current_status": "invalid"},
])  # fmt: skip
ROWS = st.fixed_dictionaries({
    "captured": OBJECTS, "transformed": OBJECTS, "enriched": OBJECTS, "advertiser_billable": st.booleans(),
    "publisher_billable": st.booleans(), "errored": st.booleans(), "failed_jobs": st.lists(st.integers(1, 2**63 - 1), max_size=3),
    "delivery_status": st.sampled_from(["delivered", "not_delivered"]), "form": st.none(), "publisher": st.none(),
    "created_at": st.datetimes(datetime(2001, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)),
    "first_delivered_at": st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)),
    "ip": st.none() | st.ip_addresses().map(str), "replacement_type": st.sampled_from(["", "replacement"]),
    "flag_reason": st.sampled_from(["", "Returned", "returned", "Other", "Jane hung up", "Sent again", privacy.REASON_HIDDEN]),
    "flag_comment": TEXTS, "replacement_comment": TEXTS, "entry_point": st.sampled_from(EntryPoint.values),
    "publisher_payout": st.sampled_from([0, 20, "0.0001", "12345678.5"]).map(Decimal),
})  # fmt: skip
ZONES = st.sampled_from(["UTC", "Europe/London", "Pacific/Auckland", "America/St_Johns", "Asia/Kolkata", "America/New_York"])


def person(role: str) -> SimpleNamespace:
    return SimpleNamespace(pk=0, role=role, is_authenticated=True)


def test_nothing_is_shown_of_a_masked_boolean_or_number():
    told = [
        True, False, "true", "FALSE", "Yes", "no", "on", "Off", "y", "N", "1", "0", 0, 7, -3, 12.5, 1e300, 10**40, "250", "1,250.00", "1 250",
        "-4", ".5", "4.2E+11", "12%", "1990-01-31", "31/12/1965", "09:30", "40202-1234", "07700 900123", " 12 ", "0.0",
    ]  # fmt: skip
    assert {privacy.mask_value(value) for value in told} == {"••••"}
    words = {"Jo": "J", "+44 7700 900123": "+", "3M": "3", "none": "n", "Normal": "N", "offer": "o", "4th Floor": "4", "true north": "t"}
    assert {word: privacy.mask_value(word) for word in words} == {word: f"{first}••••" for word, first in words.items()}
    assert [privacy.mask_value(value) for value in ("", None)] == ["", ""]


def every_column(who) -> list:
    """Return all columns, also those that the role does not see: masks do not depend on it."""
    return [*lead_columns, *columns_for(person(roles.ADMIN), FIELDS)]


@pytest.mark.sql
@pytest.mark.django_db
@given(
    row=ROWS,
    standing=STANDINGS,
    related=st.booleans(),
    zone=ZONES,
    visible=st.lists(st.sampled_from(["company", "email", "0"]), max_size=2),
    some_roles=st.sets(st.sampled_from(sorted(roles.ALL)), min_size=3, max_size=3).map(sorted),
)
def test_each_column_has_one_text_in_python_and_in_sql_for_each_role(
    campaign, acme, make_leads, row, standing, related, zone, visible, some_roles
):  # fmt: skip
    (lead,) = make_leads(campaign)
    kept = {"form": lead.form, "publisher": lead.publisher} if related else {}
    Lead.objects.filter(pk=lead.pk).update(**row | standing | kept)
    type(acme).objects.filter(pk=acme.pk).update(visible_fields=visible)
    with timezone.override(zone):
        for role in some_roles:
            who = person(role)
            columns = every_column(who)
            page = LeadPage(who, list(rows_for_page(Lead.objects.filter(pk=lead.pk), columns, who)))
            in_sql = Lead.objects.filter(pk=lead.pk).values_list(*(column.sql(who) for column in columns)).get()
            in_python = [column.text(page.leads[0], page) for column in columns]
            assert dict(zip(map(key_of, columns), in_python, strict=True)) == dict(zip(map(key_of, columns), in_sql, strict=True)), role


def key_of(column) -> str:
    return column.key


@pytest.fixture
def two(campaign, make_leads):
    """One that the advertiser pays for, and one that it does not."""
    leads = make_leads(campaign, 2, email="jo@example.com", company="Acme", lastName="Núñez")
    judge_all(campaign)
    ids = [lead.pk for lead in leads]
    Lead.objects.filter(pk__in=ids).update(transformed={"company": "ACME"}, enriched={"size": 40})
    Lead.objects.filter(pk=ids[0]).update(advertiser_billable=True, delivery_status="delivered")
    return Lead.objects.filter(pk__in=ids).order_by("pk")


OPEN, MASKED = ["jo@example.com", "Acme", "ACME", "40"], ["j••••", "A••••", "A••••", "••••"]
CHOSEN = ("email", "captured:company", "transformed:company", "enriched:size")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "paid", "other"),
    [
        (roles.ADMIN, OPEN, OPEN), (roles.SUPER, OPEN, OPEN), (roles.AGENCY, OPEN, OPEN), (roles.AGENCY_CALL_CENTRE, OPEN, OPEN),
        (roles.ADMIN_MASKED, MASKED, MASKED), (roles.ADVERTISER, MASKED, MASKED), (roles.ADVERTISER_REPORT, OPEN, MASKED),
    ],
)  # fmt: skip
def test_a_file_of_any_columns_has_what_the_role_sees(two, role, paid, other):
    columns = columns_for(person(role), CHOSEN)
    lines = b"".join(copy_rows(*copy_statement(two, columns, person(role)), csv_format=CsvFormat(encoding="utf-8"))).decode()
    assert list(csv.reader(StringIO(lines))) == [paid, other]


@pytest.mark.django_db
def test_an_advertiser_reads_the_fields_it_shows_in_files_too(two, acme):
    type(acme).objects.filter(pk=acme.pk).update(visible_fields=["company"])
    for role, seen in ((roles.ADVERTISER, ["j••••", "Acme", "ACME", "••••"]), (roles.ADMIN_MASKED, MASKED)):
        statement = copy_statement(two.reverse()[:1], columns_for(person(role), CHOSEN), person(role))
        assert b"".join(copy_rows(*statement, csv_format=CsvFormat(encoding="utf-8", line_end="\n"))).decode() == ",".join(seen) + "\n"


@pytest.mark.sql
@pytest.mark.django_db
def test_a_file_neutralises_formulas_unless_it_is_for_a_machine(campaign, make_leads):
    make_leads(campaign, company="=1+1")
    for neutralises, text in ((True, "'=1+1"), (False, "=1+1")):
        csv_format = CsvFormat(encoding="utf-8", line_end="\n", neutralises=neutralises)
        statement = copy_statement(
            Lead.objects.all(), columns_for(person(roles.ADMIN), ["captured:company"]), person(roles.ADMIN), csv_format
        )
        assert b"".join(copy_rows(*statement, csv_format=csv_format)).decode() == f"{text}\n"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["id", "colour"], "“colour” is not a column of leads."),
        (["lead_hash"], "“lead_hash” is not a column of leads."),
        (["captured:"], "“captured:” is not a column of leads."),
        (["campaign:company"], "“campaign:company” is not a column of leads."),
        (["captured:a\0"], "“captured:a\0” is not a column of leads."),
        ([f"captured:{'x' * 201}"], f"“captured:{'x' * 201}” is not a column of leads."),
        (["id", "id"], "A column is chosen more than once."),
        ([], "Choose at least one column."),
    ],
)
def test_a_column_that_is_unknown_is_refused_and_never_left_out(keys, message):
    with pytest.raises(DomainError) as refused:
        columns_for(person(roles.ADMIN), keys)
    assert (refused.value.message, refused.value.field) == (message, "columns")


@pytest.mark.parametrize(
    ("role", "key"), [(roles.REPORT, "id"), (roles.PUBLISHER, "transformed:company"), (roles.PUBLISHER, "enriched:size")]
)
def test_a_column_that_the_role_does_not_have_is_unknown_to_it(role, key):
    """Publishers see captured values only (decision 33)."""
    with pytest.raises(DomainError, match="is not a column of leads"):
        columns_for(person(role), [key])
    assert columns_for(person(roles.PUBLISHER), ["captured:company"])


def test_everybody_begins_with_the_same_table():
    for role in roles.SEES_LEADS:
        assert [column.key for column in columns_for(person(role))] == list(DEFAULT_COLUMNS)


def test_what_leads_are_sorted_and_filtered_by_has_an_index_that_begins_with_it():
    """Order is (column, id), so the next column of an index to sort by is the id."""
    indexes = {index.name: index.fields for index in Lead._meta.indexes} | {"leads_lead_pkey": ["id"]}
    partial_flag = {"lead_errored_any": "errored"}
    for column in lead_columns:
        declared = [[partial_flag.get(name), *indexes[name]] if name in partial_flag else indexes[name] for name in column.indexes]
        begins = [[Lead._meta.get_field(name).attname for name in names] for names in declared]
        if column.sort:
            assert any(names[:2] in ([column.sort], [column.sort, "id"]) for names in begins), column.key
        if column.filter and column.filter.field_name:
            assert Lead._meta.get_field(column.filter.field_name).attname in [names[0] for names in begins], column.key
        assert bool(column.indexes) == bool(column.sort or column.filter), column.key


MASKED_ROLES = {roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT}
HIDDEN = {
    "email", "phone", "first_name", "last_name", "name", "company", "country", "ip", "flag_comment", "replacement_comment",
}  # fmt: skip


@pytest.mark.django_db
def test_money_is_shown_to_the_side_it_concerns_and_failed_jobs_by_their_labels(campaign, make_leads, member, bob):  # noqa: F811
    """Publishers never read what an advertiser pays, nor advertisers what a publisher earns."""
    (lead,) = make_leads(campaign, firstName="", lastName="Núñez")
    jobs = [add_job(campaign, "test_data", actor=bob, label=label).pk for label in ("Is a test", "<b>Twice</b>")]
    Lead.objects.filter(pk=lead.pk).update(
        publisher_payout=Decimal("20"), advertiser_payout=Decimal("50.1234"), failed_jobs=[jobs[1], 2**62, jobs[0]], ip="192.0.2.7",
        flag_comment="Hello", replacement_type="replacement",
    )  # fmt: skip
    keys = {"publisher_payout": "20.00 GBP", "advertiser_payout": "50.1234 GBP"}
    seen = {}
    for role in (roles.ADMIN, roles.AGENCY, roles.PUBLISHER, roles.ADVERTISER, roles.AGENCY_CALL_CENTRE):
        shown = [column for column in all_columns(member(role)) if column.key in keys]
        page = LeadPage(person(role), list(rows_for_page(Lead.objects.filter(pk=lead.pk), shown, person(role))))
        assert {column.cell(page.leads[0], page) for column in shown} == {keys[column.key] for column in shown}
        seen[role] = {column.key for column in shown}
    both = set(keys)
    assert seen == {
        roles.ADMIN: both, roles.AGENCY: both, roles.PUBLISHER: {"publisher_payout"}, roles.ADVERTISER: {"advertiser_payout"},
        roles.AGENCY_CALL_CENTRE: set(),
    }  # fmt: skip
    columns = columns_for(person(roles.ADVERTISER), ["failed_jobs", "name", "ip", "flag_comment", "replacement"])
    page = LeadPage(person(roles.ADVERTISER), list(rows_for_page(Lead.objects.filter(pk=lead.pk), columns, person(roles.ADVERTISER))))
    texts = [column.text(page.leads[0], page) for column in columns]
    assert texts == ["Is a test, <b>Twice</b>", "N••••", "••••", "••••", "Yes"]
    assert "<b>" not in columns[0].cell(page.leads[0], page)


def test_hidden_columns_are_neither_sorted_nor_filtered_by():
    for role in roles.SEES_LEADS:
        hidden = {column.key for column in all_columns(person(role)) if column.is_hidden(person(role))}
        assert hidden == (HIDDEN if role in MASKED_ROLES else set())
        assert not hidden & set(sorts_for(person(role)))


@pytest.mark.django_db
@pytest.mark.parametrize("role", [roles.ADMIN, roles.ADVERTISER, roles.ADVERTISER_REPORT, roles.PUBLISHER])
def test_a_page_reads_what_its_columns_need_in_one_query_each_and_no_more(campaign, make_leads, member, bob, role):  # noqa: F811
    ids = [lead.pk for lead in make_leads(campaign, 5, company="Acme")]
    judge_all(campaign)
    lifecycle.flag(ids[:2], "invalid", actor=bob, reason="Returned", comment="Moved to Wales")
    lifecycle.mark_delivered(ids[2:4], actor=bob)
    who = member(role)
    privacy.reason_for(who, Lead.objects.get(pk=ids[0]), "Returned")  # reads the list of reasons once for a request
    for column in [*all_columns(who), *columns_for(who, ["captured:company"])]:
        rows = rows_for_page(leads_for(who), [column], who)
        page = LeadPage(who, list(rows))
        with CaptureQueriesContext(connection) as caught:
            cells = [column.cell(lead, page) for lead in page.leads]
        assert len(cells) == 5
        assert len([query for query in caught if '"leads_lead"."id" =' in query["sql"]]) == 0, (column.key, caught.captured_queries)
        assert len(caught) <= 1, (column.key, caught.captured_queries)


def test_names_of_columns_and_filters_have_capitals_in_one_way():
    """As the trade writes them: Flag Reason, 2nd Check Status."""
    labels = {column.label for column in lead_columns} | {str(one.filter.label) for one in lead_filters}
    labels |= {str(column.filter.label) for column in lead_columns if column.filter}
    assert {label for label in labels for word in label.split() if word[0].islower()} == set()
