"""Lists of the admin at ten million rows: a fixed number of queries, an index for every search, no count of all rows, no 500."""

import json
import re
from collections.abc import Callable

import pytest
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import ApiKey
from config.core import audit
from config.core.actor import SYSTEM
from config.core.admin import site
from config.core.admin.lists import LONGEST_SEARCH
from config.core.lists import listing, pagination
from config.core.models import AccessToken, AuditEntry, Enterprise, IdempotencyKey, User
from leads.models import BulkChunk, DailyTally, Lead, LeadNote, LeadPicture, LeadSearch, PriceEntry, TallyDelta
from processr.models import Event, Job, JobDelta, Plan, SuppressedEmail, SuppressedPhone, ValidationListValue
from tests.admin.rows import address, models_of_the_apps
from tests.processr.copies import copy_lead

pytestmark = pytest.mark.django_db
COPIES = 12
ODD = [
    "\x00",
    "%",
    "_",
    "'",
    '"',
    "';--",
    "\\",
    "(",
    "ann\x00lee",
    "\ud800".encode(errors="surrogatepass"),
    "💥",
    "9" * 20,
    "9" * 5000,
    "-1",
]
ODD += [
    "1e9",
    " ",
    "+",
    "+44 (0)",
    "A" * 1_000_000,
    "campaigns.campaign 5",
    "campaigns.campaign \x00",
    "{'a': 1}",
    "²",
    "٣",
    "1_000",
    "None",
]


def ask(support, model, **query):
    return support.get(reverse(address(model, "changelist")), query)


def first_of_each(kinds: Callable[[type[Model]], set]) -> list[type[Model]]:
    """Return models that together have every kind."""
    seen: set = set()
    return [model for model in models_of_the_apps() if not kinds(model) <= seen and not seen.update(kinds(model))]


def _ways_to_search(model: type[Model]) -> set:
    page = type(site.get_model_admin(model))
    return {page.search_condition, page.get_search_results, page.changelist_view, page.get_queryset}


def _ways_to_find(model: type[Model]) -> set:
    page = type(site.get_model_admin(model))
    return {type(model._meta.pk), page.get_object, page.change_view, page.delete_view, page.history_view, page.get_queryset}


SEARCHED = first_of_each(_ways_to_search)
FOUND = first_of_each(_ways_to_find)


@pytest.fixture
def grown(a_row_each, make_leads, campaign, bob):
    """grow(): many more rows in the tables that grow."""

    def grow():
        make_leads(campaign, COPIES)
        for model in (LeadNote, PriceEntry, TallyDelta, Event, JobDelta, ValidationListValue, SuppressedEmail, IdempotencyKey, BulkChunk):
            _copy(a_row_each[model])
        for number in range(COPIES):
            Plan.objects.create(campaign=campaign, number=100 + number, body={})
            audit.record(actor=SYSTEM, action="looked", page="Leads", obj=campaign)

    return grow


def _copy(row) -> None:
    own = {"key": "key", "email": "email", "position": "position"}
    for number in range(COPIES):
        values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
        values.pop("xid", None)
        for column in own:
            if column in values:
                values[column] = 50 + number if column == "position" else f"{values[column]}{number}"
        type(row).objects.create(**values)


@pytest.fixture
def many_rows(campaign, make_leads):
    """Make enough rows for the planner not to read all of them.

    The other tables are as new: the space that earlier tests have left behind in them would decide the plans.
    """
    others = {model._meta.db_table for model, _, _ in SEARCHES} - {Lead._meta.db_table, AuditEntry._meta.db_table}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending checks cannot be truncated
        cursor.execute(f"SET CONSTRAINTS ALL DEFERRED; TRUNCATE {', '.join(sorted(others))}")
    (lead,) = make_leads(campaign, telephone="+44 20 7946 0000", email="annlee@example.com")
    copy_lead(lead, 2999, phone="lead.phone")
    make_leads(campaign, telephone="+44 30 1234 5678")
    entries = (AuditEntry(actor_name="Ann", object_type="leads.lead", object_id=n, campaign_id=n) for n in range(3000))
    AuditEntry.objects.bulk_create(entries)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead, core_auditentry; SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1")


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    return plan if isinstance(plan, str) else json.dumps(plan)


def test_a_list_of_many_rows_takes_as_many_queries_as_one_of_few(a_row_each, support, grown, time_machine):
    time_machine.move_to(timezone.now(), tick=False)  # after a minute a session is saved, in three more queries

    def cost() -> dict[str, int]:
        spent = {}
        for model in a_row_each:
            with CaptureQueriesContext(connection) as queries:
                assert ask(support, model).status_code == 200
            spent[model.__name__] = len(queries)
        return spent

    cost()
    few = cost()
    grown()
    assert cost() == few
    assert max(few.values()) <= 9, "session, user, savepoint and its end, limits, count, rows"


def test_no_list_counts_or_reads_further_than_it_may(a_row_each, support):
    for model in a_row_each:
        with CaptureQueriesContext(connection) as queries:
            ask(support, model, q="1")
        asked = [query["sql"] for query in queries if f'"{model._meta.db_table}"' in query["sql"]]
        assert [sql for sql in asked if not re.search(r"LIMIT (\d+)", sql) and "COUNT" in sql] == []
        assert [sql for sql in asked if re.search(r"ORDER BY(?! [^)]*\"id\"| [^)]*_id\"| [^)]*\"job_id\"| [^)]*\"lead_id\")", sql)] == []


def test_more_rows_than_are_counted_are_told_as_more(campaign, make_leads, support, monkeypatch):
    make_leads(campaign, 7)
    monkeypatch.setattr(pagination, "COUNT_CAP", 5)
    monkeypatch.setattr(pagination.count_capped, "__defaults__", (5,))
    monkeypatch.setattr(site.get_model_admin(Lead), "list_per_page", 2)
    page = ask(support, Lead).content.decode()
    assert "5+ leads" in page
    assert "found by searching" in page
    assert ask(support, Lead, p="3").status_code == 200
    assert ask(support, Lead, p="4")["Location"].endswith("?e=1")


SEARCHES = [
    (Lead, "12", "leads_lead_pkey"),
    (Lead, "annlee@example.com", "lead_search_words"),
    (Lead, "first la", "lead_search_words"),
    (Lead, "+44 20 7946", "lead_search_words"),
    (Lead, "(030) 1234 56", "lead_search_words"),
    (Lead, "0" * 31 + "1", "lead_hash"),
    (LeadNote, "12", "note_lead"),
    (PriceEntry, "12", "price_lead"),
    (LeadSearch, "12", "leads_leadsearch_pkey"),
    (LeadPicture, "12", "leads_leadpicture_pkey"),
    (DailyTally, "12", "daily_tally_once|tally_total|tally_day"),
    (TallyDelta, "12", "delta_campaign"),
    (BulkChunk, "12", "bulk_chunk_once|leads_bulkchunk_action"),
    (Event, "12", "event_lead"),
    (Event, "0190b0a0-0000-7000-8000-000000000001", "processr_event_pkey"),
    (JobDelta, "12", "job_delta_job"),
    (Plan, "12", "plan_once|processr_plan_campaign"),
    (ValidationListValue, "example.com", "list_value_once"),
    (SuppressedEmail, "ann@", "processr_suppressedemail_email"),
    (SuppressedPhone, "020 79", "processr_suppressedphone_phone"),
    (AuditEntry, "12", "audit_campaign"),
    (AuditEntry, "campaigns.campaign 12", "audit_object"),
    (IdempotencyKey, "user:12", "idempotency_key_once"),
]


def test_a_search_walks_an_index(support, many_rows):
    """Both the count and, where there are many rows, the page. With few rows, any plan is the shortest."""
    for model, text, index in SEARCHES:
        with CaptureQueriesContext(connection) as queries:
            assert ask(support, model, q=text).status_code == 200
        if index == "lead_search_words":  # leads are then read by the ids that the index of words has given
            of_words = [query["sql"] for query in queries if "tsv @@" in query["sql"]]
            assert of_words
            assert [sql for sql in of_words if index not in explained(sql)] == []
            index = "leads_lead_pkey|lead_campaign"  # or that of the leads of a campaign by id, where there is one campaign
        asked = [query["sql"] for query in queries if f'FROM "{model._meta.db_table}"' in query["sql"]]
        counted, shown = map(explained, asked)
        for plan in (counted, shown) if model in (Lead, AuditEntry) else (counted,):
            assert re.search(index, plan), f"{model.__name__} by {text}: {plan}"
        assert f'"Node Type": "Seq Scan", "Relation Name": "{model._meta.db_table}"' not in counted + shown


def test_what_was_searched_for_is_found(a_row_each, support):
    lead, note, event = a_row_each[Lead], a_row_each[LeadNote], a_row_each[Event]
    found = {
        (Lead, str(lead.pk)): lead, (Lead, lead.email.upper()): lead, (Lead, lead.email[:8]): lead, (Lead, lead.lead_hash): lead,
        (Lead, lead.name_key.title()): lead, (LeadNote, str(lead.pk)): note, (Event, str(lead.pk)): event, (Event, str(event.pk)): event,
        (ValidationListValue, " EXAMPLE.com "): a_row_each[ValidationListValue],
        (SuppressedEmail, "GONE@"): a_row_each[SuppressedEmail],
    }  # fmt: skip
    for (model, text), row in found.items():
        assert (text, [shown.pk for shown in ask(support, model, q=text).context["cl"].result_list]) == (text, [row.pk])


def test_a_deleted_lead_is_invisible_here_too(a_row_each, support):
    lead = a_row_each[Lead]
    Lead.objects.filter(pk=lead.pk).update(deleted_at=lead.created_at)
    assert ask(support, Lead, q=str(lead.pk)).context["cl"].result_count == 0
    assert support.get(reverse("admin:leads_lead_change", args=[lead.pk])).status_code == 302


def meant(model: type[Model], text: str | bytes, sue: User) -> QuerySet:
    """Return the rows that a list shows for the text, without rendering it."""
    request = RequestFactory().get("/", {SEARCH_VAR: text})
    request.user = sue
    return site.get_model_admin(model).get_search_results(request, model._default_manager.all(), request.GET[SEARCH_VAR])[0]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
def test_whatever_is_searched_for_nothing_breaks_and_nothing_unknown_means_everything(a_row_each, support, sue, text):
    for model in SEARCHED:
        answer = ask(support, model, q=text)
        assert (model, answer.status_code) == (model, 200)
        too_odd = len(text) > 320 or "\x00" in str(text)
        assert not too_odd or answer.context["cl"].result_count == 0
    for model in a_row_each if len(text) <= LONGEST_SEARCH else ():
        list(meant(model, text, sue)[:1])
    ask_for = {"app_label": "campaigns", "model_name": "membership", "field_name": "user", "term": text}
    assert support.get("/admin/autocomplete/", ask_for).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "colour=red", "e=1&colour=red", "id__exact=abc", "current_status__exact=%00", "current_status__in=valid", "p=-1", "p=999999999999999999999",
        "p=x", "o=-1.2.99999999999999999999.x", "o=0", "all=", "_to_field=id", "_popup=1", "_facets=1", "campaign__advertiser__name=Acme",
        "captured__email=x", "id__regex=(((", "pk__in=" + ",".join(map(str, range(2000))), "%00=1", "=1", "q=1&q=2", "__=1", "id__=1",
        "created_at__gte=never", "current_status__isnull=maybe", "advertiser_billable__exact=x", "%ff=%ff", "current_status__exact=" + "x" * 9999,
    ],
)  # fmt: skip
def test_an_address_that_asks_for_what_is_not_offered_leads_back_to_the_list(a_row_each, support, query):
    for model in (Lead, Event, LeadNote, AuditEntry):
        answer = support.get(f"{reverse(address(model, 'changelist'))}?{query}")
        assert (model, answer.status_code in (200, 302)) == (model, True)
        assert answer.status_code == 200 or answer["Location"].endswith("?e=1")


def test_a_field_that_may_not_be_pointed_at_is_refused(support):
    assert support.get("/admin/leads/lead/?_to_field=captured").status_code == 400


@pytest.mark.parametrize(
    "pk", ["abc", "0", "-1", "9" * 19, "9" * 25, "9" * 5000, "%00", "1%00", "_5F", "%ff", "..%2f", "1.5", "%F0%9F%92%A5", "None"]
)
@pytest.mark.parametrize("page", ["", "change/", "delete/", "history/", "password/"])
def test_an_odd_id_in_an_address_is_no_row(support, pk, page):
    for model in FOUND:
        path = f"{reverse(address(model, 'changelist'))}{pk}/{page}"
        for answer in (support.get(path), support.post(path, {"post": "yes"})):
            assert (path[:90], answer.status_code in (301, 302, 403, 404)) == (path[:90], True)


@pytest.mark.parametrize("pk", ["abc", "9" * 25, "1%00"])
def test_an_odd_id_is_no_row_of_any_table(support, pk):
    for model in models_of_the_apps():
        answer = support.get(f"{reverse(address(model, 'changelist'))}{pk}/change/")
        assert (model, answer.status_code in (302, 404)) == (model, True)


BUTTONS = (("revoke", "0"), ("disable", "0"), ("delete_selected", "x"), ("", "-9"), ("\x00", "9" * 5000))


@pytest.mark.parametrize("ticked", [["abc"], ["\x00"], ["9" * 30], ["9" * 5000], ["-1"], [""], ["1"] * 900])
def test_odd_ticks_and_odd_buttons_change_nothing(a_row_each, support, ticked):
    before = {model: list(model.objects.values()) for model in (AccessToken, ApiKey, Job, Lead)}
    for model in before:
        for what, index in BUTTONS if len(ticked) == 1 else BUTTONS[:2]:  # the others are refused before a tick is read
            sent = {"action": what, "_selected_action": [pk if pk != "1" else "0" for pk in ticked], "index": index, "select_across": "1"}
            assert support.post(reverse(address(model, "changelist")), sent).status_code in (200, 302)
    assert {model: list(model.objects.values()) for model in before} == before


def test_a_list_that_is_too_slow_says_so(a_row_each, support, monkeypatch):
    monkeypatch.setattr(listing, "TIME_LIMIT", "50ms")
    page = site.get_model_admin(Lead)
    slow = type(page).get_queryset
    monkeypatch.setattr(type(page), "get_queryset", lambda self, request: slow(self, request).extra(where=["pg_sleep(0.2) IS NOT NULL"]))
    answer = ask(support, Lead)
    assert (answer.status_code, "took too long and was stopped" in answer.content.decode()) == (200, True)


def test_json_is_shown_in_lines_and_as_text(a_row_each, support, make_leads, campaign):
    (lead,) = make_leads(campaign, company="<script>alert(1)</script> & Söhne")
    page = support.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert "<script>alert" not in page
    assert "&quot;company&quot;: &quot;&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne&quot;" in page


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, "NaN", '"\\u0000"', '"\\ud800"', "\x00", '{"a": 1e999}', "{" * 999])
def test_json_typed_by_somebody_is_kept_or_refused_and_never_breaks(support, currency, text):
    house = Enterprise.objects.get()
    path = reverse("admin:core_enterprise_change", args=[house.pk])
    answer = support.post(path, {"name": "Sluice", "limits": text, "office_ips": text})
    assert (answer.status_code, 'class="errorlist' in answer.content.decode()) == (200, True)
