"""`leads` of API v4: the leads of the list, with what each role sees of them."""

import re
from datetime import datetime
from itertools import product
from random import Random
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services
from config.core.accounts import roles
from config.core.api import hydra
from config.core.lists import bounded, pagination
from config.core.lists.listing import Listing
from config.core.lists.parameters import PRESENCE, split
from leads import lifecycle, privacy
from leads.api import lead_filters
from leads.api.leads import LeadViewSet
from leads.columns import all_columns, columns_for, rows_for_page, sorts_for
from leads.columns.bounded_filters import ContentFilter
from leads.extension_points import LeadPage
from leads.filters import filters_for
from leads.lifecycle import claims
from leads.models import Lead
from leads.selectors import billable_column, leads_for
from leads.shown_status import numbers
from leads.statuses import CurrentStatus, DeliveryStatus, QaStatus, SecondCheck
from leads.views.lead_list import LeadsList
from tests.hostile.description import document
from tests.leads.acts import judge_all, verdict
from tests.processr.api.program import Program, wrong
from tests.screens.conftest import member  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
SEERS = sorted(roles.SEES_LEADS)
ODD = ["", " ", "e\u0301cole", "true", "-12.5", "+44 7700", "••••", "=1+1", "x" * 300, None, False, 0, 1.5, ["a"], "J\n"]
LABELS = {
    "current_status": ("currentStatus", dict(CurrentStatus.choices)), "delivery": ("deliveryStatus", dict(DeliveryStatus.choices)),
    "score": ("qaStatus", dict(QaStatus.choices)), "second_check": ("secondCheck", dict(SecondCheck.choices)),
    "errored": ("errored", {True: "Yes", False: "No"}),
}  # fmt: skip
TEXTS = {
    "email": "email", "phone": "telephone", "first_name": "firstName", "last_name": "lastName", "processr_status": "processrStatusLabel",
}  # fmt: skip
NAMES = ("id", "campaign_id", "campaign", "publisher", "form", "billable", "created_at")
"""The columns whose texts both have: by labels, as they are, and in other forms."""


@pytest.fixture
def world(campaign, make_campaign, make_leads, pat, acme, form, currency, bob) -> SimpleNamespace:
    """Leads of every status, of two campaigns and lead generators, and of an advertiser that nobody in the tests works for."""
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    stranger, rival = services.create_advertiser("Rival", actor=bob), services.create_publisher("Quill", actor=bob)
    foreign = services.create_campaign("Foreign", advertiser=stranger, currency=currency, start=timezone.now(), actor=bob)
    second = make_campaign("Autumn")
    leads = make_leads(campaign, 4, company="Acme", telephone="+44 20 7946 0002", firstName="Zoë", lastName="Ó Súilleabháin")
    claim = claims.claim(campaign.pk, limit=4)
    failed = verdict(leads[1].pk, "invalid", score=3, failed_jobs=[7, 8], qa_result={"qaReasons": ["No"], "failedJobs": [{"id": 7}]})
    caution = verdict(leads[2].pk, "caution", score=8, errored=True, transformed={"company": "ACME"}, enriched={"size": 40, "a/b": "c"})
    lifecycle.judge([verdict(leads[0].pk), failed, caution, verdict(leads[3].pk)], token=claim.token)
    lifecycle.mark_delivered([leads[0].pk], actor=bob)
    lifecycle.flag([leads[3].pk], "invalid", actor=bob, reason="Returned", comment="Moved to Wales")
    others = make_leads(second, 2) + make_leads(second, 1, publisher=rival) + make_leads(foreign, 1, publisher=rival)
    lifecycle.hold([others[1].pk], reason="no_job")
    deleted = make_leads(campaign, 1)
    lifecycle.delete([deleted[0].pk], actor=bob)
    Lead.objects.filter(pk=leads[0].pk).update(ip="198.51.100.9", landing_page_url="https://a.example/?e=jo", user_agent="Firefox")
    return SimpleNamespace(leads=[*leads, *others], deleted=deleted[0], foreign=others[-1], campaign=campaign, second=second, rival=rival)


def on_page(who, **parameters: str) -> list[int] | None:
    """Return the ids on the page of leads, None where it refuses the query."""
    view = LeadsList()
    view.request = RequestFactory().get("/v2/leads", parameters)
    view.request.user, view.kwargs = who, {}
    listing = Listing(view)
    return None if listing.problems else [lead.pk for lead in listing.page.rows]


def page_in_api(who, **parameters: str | list[str]) -> hydra.CollectionPage[Lead] | None:
    """Return the page of leads that the API answers with, before they are rendered; None where it refuses the query."""
    view = LeadViewSet()
    view.request = RequestFactory().get("/api/v4/leads", {"itemsPerPage": "100", **parameters})
    view.request.user = who
    try:
        return hydra.page_of_rows(view.filter_queryset(view.get_queryset()), view)
    except hydra.HydraError:
        return None


def in_api(who, **parameters: str | list[str]) -> list[int] | None:
    page = page_in_api(who, **parameters)
    assert page is None or (page.total, page.total_is_exact) == (len(page.members), True), parameters
    return None if page is None else [lead.pk for lead in page.members]


def test_every_filter_and_order_of_the_page_gives_the_same_leads_to_each_role(world, member):  # noqa: F811
    """Under the page's names and those of the API, and what the page refuses is refused."""
    today, first, found = f"{timezone.localdate()}", world.leads[0], set()
    asked = [
        {}, {"campaign": str(world.foreign.campaign_id)}, {"publisher": str(world.rival.pk)}, {"current_status": "valid"},
        {"delivery": "delivered"}, {"billable": "yes"}, {"created_after": today}, {"created_before": today}, {"score_min": "4", "score_max": "9"},
        {"failed_job": "7"}, {"errored": "yes"}, {"email": first.captured["email"]}, {"phone": "020 7946"}, {"name": "zoe o"},
        {"search": str(first.pk)}, {"search": first.lead_hash},
    ]  # fmt: skip
    orders = ["email", "billable", "created_at"]
    other_names = lead_filters.OTHER_NAMES
    for role in SEERS:
        who, everything = member(role), role == roles.ADMIN
        for query in asked:
            same = in_api(who, **query | {"order[id]": "desc"})
            assert same == on_page(who, **query), (role, query)
            renamed = {other_names.get(name, name): value for name, value in query.items()}
            assert renamed == query or not everything or in_api(who, **renamed | {"order[id]": "desc"}) == same, renamed
            found |= set(query) if same and len(same) < len(world.leads) else set()
        for key in (*orders, *(sorts_for(who) if everything else ()), "form"):
            assert in_api(who, **{f"order[{key}]": "desc"}) == on_page(who, sort=f"-{key}"), (role, key)
    assert found == {name for query in asked for name in query} - {"failed_job"}, "each has selected some, and not all; no job is named 7"
    for refused in ({"current_status": "sold"}, {"score_min": "x"}, {"colour": "red"}, {"campaign": "9999999"}):
        assert in_api(member(roles.ADMIN), **refused) is on_page(member(roles.ADMIN), **refused) is None


@pytest.mark.sql
def test_every_way_to_compare_gives_the_same_leads_as_the_page(world, member):  # noqa: F811
    """Each for one role in turn. What a filter does not take is refused by both."""
    people, first = {role: member(role) for role in SEERS}, world.leads[0]
    values = {
        "id": first.pk, "campaign": world.campaign.pk, "publisher": world.rival.pk, "current_status": "valid", "delivery": "delivered",
        "billable": "yes", "created": "today", "created_after": "2026-01-01", "created_before": "2026-01-01", "score_min": 4, "score_max": 9,
        "errored": "yes", "email": first.captured["email"], "phone": "020 7946", "name": "zoe o", "first_name": "Zoë", "second_check": "invalid",
        "processr_status": "complete", "form": "White paper", "qa_status": "valid", "flag_reason": "Returned", "qa_reason": "No", "found": 1,
        "failed_job": 7, "company": "Acme", "last_name": "Ó Súilleabháin", "country": "GB", "flag_category": "Late", "flag_comment": "Moved",
        "replacement": "no", "replacement_type": "replacement", "replacement_comment": "x", "advertiser_billable": "yes",
        "publisher_billable": "no", "advertiser_payout_min": "0.01", "advertiser_payout_max": "0", "publisher_payout_min": "0.01",
        "publisher_payout_max": "0", "currency": "GBP", "entry_point": first.entry_point, "link": "Newsletter", "channel": "Newsletter",
        "ip": "198.51.100.9", "first_delivered_at": "today", "first_delivered_at_after": "2026-01-01", "first_delivered_at_before": "2026-01-01",
    }  # fmt: skip
    asked = {"field.company~": "cm", "captured:company": "ACME", "transformed:company.is": "filled", "field.nothing.is": "empty"}
    for name in filters_for(people[roles.ADMIN]).by_parameter:
        base, operator = split(name)
        asked[name] = "filled" if operator == PRESENCE else str(values[base])
    selected = 0
    for number, (name, value) in enumerate(asked.items()):
        who = people[SEERS[number % len(SEERS)]]
        page, expected = page_in_api(who, **{name: value, "order[id]": "desc"}), on_page(who, **{name: value})
        assert (page and [lead.pk for lead in page.members]) == expected, (who.role, name, value)
        selected += bool(expected) and len(expected) < len(world.leads)
    assert selected > len(asked) / 3, "many select some leads, and not all"


def test_a_page_that_no_index_serves_goes_on_from_where_it_stopped_to_look(world, member, monkeypatch):  # noqa: F811
    program, query = Program(member(roles.ADMIN)), "leads?field.company=acme&itemsPerPage=2"
    assert in_api(program.user, **{"field.company": "acme"}) == [lead.pk for lead in world.leads[:4]]
    monkeypatch.setattr(bounded, "LOOKED_AT", 3)
    walked, address, pages = [], query, 0
    while address:
        body = program.get(address).json()
        walked += [lead["id"] for lead in body["hydra:member"]]
        address, pages = body["hydra:view"].get("hydra:next", ""), pages + 1
    assert (walked, body["sluice:totalIsExact"]) == ([lead.pk for lead in world.leads[:4]], False)
    assert pages > 3, "the last ones are short, as they look at three leads each"
    assert wrong(program.get(f"{query}&page=2")) == {"page"}


PUBLISHERS = {"publisherBillable", "publisherPayout", "baseCurrencyPublisherPayout"}
ADVERTISERS = {"advertiserBillable", "advertiserPayout", "baseCurrencyAdvertiserPayout"}
WITHOUT = {
    roles.PUBLISHER: ADVERTISERS | {"overAllocation"}, roles.ADVERTISER: PUBLISHERS, roles.ADVERTISER_REPORT: PUBLISHERS,
    roles.AGENCY_CALL_CENTRE: (PUBLISHERS | ADVERTISERS | {"currency"}) - {"advertiserBillable"},
}  # fmt: skip
OF_C3 = {
    "id", "publisherSubId", "channel", "formHash", "createdTs", "updatedTs", "postcode", "addressLine1", "addressLine2", "addressLine3",
    "addressLine4", "title", "firstName", "lastName", "email", "telephone", "dob", "sex", "photo", "ip", "host", "landingPageUrl",
    "optIn", "doubleOptIn", "integration", "overAllocation", "visible", "processrStatus", "score", "maxScore", "hardfail",
    "processingCounter", "suppressionList", "imported", "firstDeliveredTs", "emailHash", "fingerprint", "baseCurrencyPublisherPayout",
    "publisherPayout", "baseCurrencyAdvertiserPayout", "advertiserPayout", "publisherBillable", "advertiserBillable", "leadData",
    "leadNotes", "campaign", "qaResult",
}  # fmt: skip


def test_each_role_has_the_fields_that_it_may_see_and_the_page_of_the_lead_has_the_same(world, member):  # noqa: F811
    delivered, _, enriched, flagged = world.leads[:4]
    plain = {"firstName": "Zoë", "ip": "198.51.100.9", "landingPageUrl": "https://a.example/?e=jo", "userAgent": "Firefox"}
    masked = {"firstName": "Z••••", "ip": "••••", "landingPageUrl": "h••••", "userAgent": "F••••"}
    for role in SEERS:
        program = Program(member(role))
        record = program.get(f"leads/{delivered.pk}").json()
        everything = {name for name in record if not name.startswith("@")}
        assert everything >= OF_C3 - WITHOUT.get(role, set()), role
        assert not everything & WITHOUT.get(role, set()), role
        sees = privacy.sees_values_of(program.user, Lead.objects.get(pk=delivered.pk))
        assert sees == (role not in {roles.ADMIN_MASKED, roles.ADVERTISER}), role
        assert {name: record[name] for name in plain} == (plain if sees else masked), role
        assert bool(record["emailHash"]) == sees, role
        values = {row["@id"].partition(".")[2]: row["value"] for row in record["leadData"]}
        assert ("derived.leadHash" in values) == (role in roles.HOLDS_CAPABILITIES), role
        assert delivered.lead_hash not in str(record) or role in roles.HOLDS_CAPABILITIES, role
        assert values["derived.emailDomain"] == ("@example.com" if sees else "p••••"), role
        assert (record["processrStatus"], record["integration"], record["currentStatus"]) == (1000, True, "valid")
        assert record["leadNotes"][0].startswith("/api/v4/lead-notes/")
        if role == roles.AGENCY_CALL_CENTRE:  # which sees Valid leads only (decision 33)
            assert [program.get(f"leads/{lead.pk}").status_code for lead in (enriched, flagged)] == [404, 404]
            continue
        results = {row["@id"].rpartition("/")[2] for row in program.get(f"leads/{enriched.pk}").json()["leadData"]}
        of_jobs = {f"{enriched.pk}.transformed.company", f"{enriched.pk}.enriched.size", f"{enriched.pk}.enriched.a%2Fb"}
        assert results & of_jobs == (set() if role == roles.PUBLISHER else of_jobs), role
        flag = program.get(f"leads/{flagged.pk}").json()
        sees = privacy.sees_values_of(program.user, Lead.objects.get(pk=flagged.pk))
        assert (flag["secondCheck"], flag["flagReason"]) == ("invalid", "Returned")
        assert flag["flagComment"] == ("Moved to Wales" if sees else "M••••"), role
        assert (flag["flaggedBy"] == "Bob Admin") == (role in roles.SEES_EVERYTHING), role


def test_each_text_is_the_one_that_the_column_has_for_the_role(world, acme, member):  # noqa: F811
    """Whatever was captured and made of it, also where the advertiser lets its users see a field."""
    random, names = Random(6), ("email", "telephone", "firstName", "lastName", "company", "0")
    type(acme).objects.filter(pk=acme.pk).update(visible_fields=["company", "lastName"])
    for lead in world.leads:
        chosen = [{name: random.choice(ODD) for name in random.sample(names, 4)} for _ in range(3)]
        values = dict(zip(("captured", "transformed", "enriched"), chosen, strict=True))
        Lead.objects.filter(pk=lead.pk).update(**values, advertiser_billable=random.random() < 0.5)
    fields = [f"{source}:{name}" for source, name in product(("captured", "transformed", "enriched"), names)]
    for role in SEERS:
        program = Program(member(role))
        records = {record["id"]: record for record in program.members("leads?itemsPerPage=100")}
        seen = [key for key in fields if role != roles.PUBLISHER or key.startswith("captured")]
        columns = [*all_columns(program.user), *columns_for(program.user, seen)]
        page = LeadPage(program.user, list(rows_for_page(leads_for(program.user), columns, program.user)))
        assert {lead.pk for lead in page.leads} == set(records)
        of_both = [column for column in columns if column.key in {*seen, *LABELS, *TEXTS, *NAMES}]
        assert len(of_both) == len(seen) + len(LABELS) + len(TEXTS) + len(NAMES), "each of them is a column"
        for lead, column in product(page.leads, of_both):
            assert text_of(column.key, records[lead.pk], program.user) == column.text(lead, page), (role, column.key)


def text_of(key: str, record: dict, who) -> str:
    """Return the text of the column with this key as the record has it."""
    source, _, name = key.partition(":")
    if name:
        found = [row["value"] for row in record["leadData"] if row["@id"] == f"/api/v4/lead-datas/{record['id']}.{key.replace(':', '.')}"]
        return found[0] if found else ""
    if key in LABELS:
        own, labels = LABELS[key]
        return labels.get(record[own], "")
    if key == "created_at":
        return timezone.localtime(datetime.fromisoformat(record["createdTs"])).isoformat(timespec="seconds")
    if key == "billable":
        return "Yes" if record["publisherBillable" if billable_column(who).startswith("p") else "advertiserBillable"] else "No"
    if key == "campaign":
        return str(services.Campaign.objects.get(pk=record["campaign"].rpartition("/")[2]).name)
    if key in ("publisher", "form"):
        return record[key]["name"] if record[key] else ""
    return {"id": str(record["id"]), "campaign_id": record["campaign"].rpartition("/")[2]}.get(key) or record[TEXTS[key]] or ""


def test_a_lead_outside_the_view_or_deleted_is_not_found_and_a_role_without_leads_is_refused(world, member):  # noqa: F811
    for role in SEERS:
        program, everything = Program(member(role)), role in roles.SEES_EVERYTHING
        asked = [world.foreign.pk, world.deleted.pk, 2**62]
        assert [program.get(f"leads/{pk}").status_code for pk in asked] == [200 if everything else 404, 404, 404], role
    report = Program(member(roles.REPORT))
    assert [report.get(path).status_code for path in ("leads", f"leads/{world.leads[0].pk}")] == [403, 403]


def test_what_is_not_understood_selects_nothing_and_is_named(world, member):  # noqa: F811
    program = Program(member(roles.ADMIN))
    for query, named in (
        ("colour=red", {"colour"}), ("current_status=sold&itemsPerPage=101", {"current_status", "itemsPerPage"}), ("campaign.id=", {"campaign.id"}),
        ("campaign.id=9999999", {"campaign.id"}), ("campaign=1&campaign.id=2", {"campaign", "campaign.id"}), ("score_min=1.5", {"score_min"}),
        ("order[form]=asc", {"order[form]"}), ("order[id]=up", {"order[id]"}), ("sort=-id", {"sort"}), ("per_page=25", {"per_page"}),
        ("processrStatus=7", {"processrStatus"}), ("createdTs[after]=soon", {"createdTs[after]"}), ("after=x", {"after"}),
        ("created_after=2026-02-30", {"created_after"}), ("email=a%00b", {"email"}),
    ):  # fmt: skip
        assert wrong(program.get(f"leads?{query}")) == named, query
    refused = program.get("leads?page=1001").json()
    assert "after" in refused["violations"][0]["message"]
    hidden = Program(member(roles.ADVERTISER))
    assert wrong(hidden.get("leads?email=a&order[phone]=asc")) == {"email", "order[phone]"}


def test_each_processr_status_selects_the_leads_that_show_it(world, member):  # noqa: F811
    program = Program(member(roles.ADMIN))
    claims.claim(world.second.pk, limit=1)
    shown = {lead["id"]: lead["processrStatus"] for lead in program.members("leads?itemsPerPage=100")}
    assert set(shown.values()) == {0, 100, 500, 1000}
    for number in map(str, numbers()):
        chosen = [pk for pk, told in shown.items() if str(told) == number]
        assert in_api(program.user, processrStatus=number) == chosen
        assert in_api(program.user, **{"processrStatus!": number}) == [pk for pk in shown if pk not in chosen]
    several = in_api(program.user, **{"processrStatus[]": ["0", "500"], "processrStatus": "100"})
    assert several == [pk for pk, told in shown.items() if told in (0, 100, 500)]
    narrowed = {"processrStatus": "1000", "current_status": "valid", "campaign.id": str(world.campaign.pk)}
    assert in_api(program.user, **narrowed) == [world.leads[0].pk]


def test_filters_have_the_names_of_the_properties_too(world, member):  # noqa: F811
    program, described = Program(member(roles.ADMIN)), {name for name, _ in lead_filters.LeadFilterSet.described()}
    (lead, *_) = program.members("leads")
    for own, other in lead_filters.OTHER_NAMES.items():
        assert other.removesuffix(".id") in {*lead, "failedJob"}, other
        assert {own, other, f"{other}!"} <= described | ({f"{other}!"} if f"{own}!" not in described else set())
    for query in ("secondCheck=none", "qaStatus!=valid", "flagReason.is=empty", "advertiserBillable=no", "entryPoint=webhook"):
        name, value = query.split("=")
        parts = re.split(r"(?=[!.])", name, maxsplit=1)
        own = next(own for own, other in lead_filters.OTHER_NAMES.items() if other == parts[0]) + "".join(parts[1:])
        assert in_api(program.user, **{name: value}) == in_api(program.user, **{own: value}) != [], query


def test_one_walks_all_leads_in_any_order_by_what_each_page_names(world, member, monkeypatch):  # noqa: F811
    program = Program(member(roles.ADMIN))
    for order in ("id", "createdTs", "score", "billable", "publisher.id", "telephone"):
        by = {f"order[{order}]": "desc"}
        whole, walked, after, number = in_api(program.user, **by), [], {}, 1
        while page := page_in_api(program.user, **by, **after, itemsPerPage="3"):
            assert page_in_api(program.user, **by, itemsPerPage="3", page=str(number)) == page, order
            walked += [lead.pk for lead in page.members]
            if not page.after:
                break
            after, number = {"after": page.after}, number + 1
        assert (walked, len(whole)) == (whole, len(world.leads)), order
    first = program.get("leads?itemsPerPage=5&order[id]=desc").json()
    second = program.get(first["hydra:view"]["hydra:next"]).json()
    ids = [lead["id"] for page in (first, second) for lead in page["hydra:member"]]
    assert ids == sorted((lead.pk for lead in world.leads), reverse=True)
    assert page_in_api(program.user, page="50").members == []
    monkeypatch.setattr(pagination.count_capped, "__defaults__", (2,))
    capped, tallied = (program.get(f"leads?{query}").json() for query in ("score_min=0", "delivery=not_delivered"))
    assert (capped["hydra:totalItems"], capped["sluice:totalIsExact"], "hydra:last" in capped["hydra:view"]) == (2, False, False)
    assert (tallied["hydra:totalItems"], tallied["sluice:totalIsExact"]) == (len(world.leads) - 1, True)


def test_a_page_takes_as_many_queries_whatever_the_number_of_leads(world, make_leads, member):  # noqa: F811
    programs = [Program(member(role)) for role in (roles.ADMIN, roles.ADVERTISER, roles.PUBLISHER)]

    def queries() -> list[int]:
        numbers = []
        for program in programs:
            with CaptureQueriesContext(connection) as caught:
                assert program.get("leads?itemsPerPage=100&page=1").status_code == 200
            numbers.append(len(caught))
        return numbers

    few = queries()
    make_leads(world.campaign, 30)
    judge_all(world.campaign)
    assert queries() == few
    assert max(few) <= 20


def test_every_parameter_of_a_filter_is_described_for_programs(world, member):  # noqa: F811
    """In the description and in the template of searches alike: also the search, and the ways to compare any field."""
    program = Program(member(roles.ADMIN))
    fields = {f"field.<name>{operator}" for operator in ContentFilter.operators}
    understood = {"search", *filters_for(program.user).by_parameter, *fields}
    search = program.get("leads", Accept="application/ld+json").json()["hydra:search"]
    assert understood <= {row["variable"] for row in search["hydra:mapping"]}
    described = document()["paths"]["/api/v4/leads"]["get"]["parameters"]
    texts = {parameter["name"]: parameter.get("description", "") for parameter in described}
    assert understood <= texts.keys()
    assert texts["field.<name>~"] == "<name> contains"
    assert "telephone (any spelling)" in texts["search"]
    for operator, value in zip(ContentFilter.operators, ("cme", "acme", "acme", "acm", "filled"), strict=True):
        assert (set(in_api(program.user, **{f"field.company{operator}": value})) >= {world.leads[0].pk}) == (operator != "!"), operator
