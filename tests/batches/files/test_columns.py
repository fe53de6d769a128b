"""The columns of a file: the values that integrations send under the same names, and those that a role may see."""

import random
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection

from batches.files import columns
from batches.files.columns import BatchColumn, IncludeFieldsField, Query, offered_names, select_rows, source_of
from batches.files.formats import BatchFormat
from batches.files.shown_rows import preview_rows
from campaigns.models import CampaignLink
from config.core import enterprise
from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.models import Enterprise
from integrations.delivery.payload import NAMES as PAYLOAD_NAMES
from integrations.delivery.payload import OutgoingBuilder, read_value
from integrations.models import Delivery
from leads import privacy
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.models import Job
from tests.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
ZONE = "Europe/Berlin"
OWN = ("firstName", "email", "made", "found", "nowhere", "per cent % and 'quote'")


@pytest.fixture
def job(campaign):
    return Job.objects.create(campaign=campaign, category=Job.Category.INTEGRATION, type="collect", label="File")


@pytest.fixture
def queued(job):
    def queue(leads) -> list[Delivery]:
        return [Delivery.objects.create(lead=lead, job=job) for lead in leads]

    return queue


def pending():
    return source_of(Delivery.objects.order_by("-pk"), position="pk", delivery="pk")


def rows_of(*names: str, source: Query | None = None, zone: str = ZONE, file_format: BatchFormat | None = None, **options) -> list[tuple]:
    chosen = [BatchColumn(name, name) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(*select_rows(source or pending(), chosen, file_format or BatchFormat(quotes_all=True), zone=zone, **options))
        return cursor.fetchall()


def test_every_name_has_the_value_that_an_integration_sends(campaign, make_leads, queued):
    Enterprise.objects.update(zone=ZONE)
    enterprise.forget()
    full, bare, odd, own, odd_status = make_leads(campaign, 5)
    of_lead = Lead.objects.filter
    of_lead(pk=full.pk).update(
        link=CampaignLink.objects.get(), publisher_sub_id="s7", host="forms.example", landing_page_url="https://a.example/?a=%41&b='c'",
        transformed={"firstName": "Made", "made": "of it"}, enriched={"found": "elsewhere", "firstName": "not this"}, ip="2001:db8::17",
        created_at=datetime(2026, 7, 1, 22, 30, 59, 999_999, tzinfo=UTC),
    )  # fmt: skip
    of_lead(pk=bare.pk).update(publisher=None, form=None, link=None, ip=None, email="", captured={})
    of_lead(pk=odd.pk).update(
        email="a@b@c.example", created_at=datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), captured={"firstName": "Zoë\n\"'%s"}
    )
    of_lead(pk=own.pk).update(captured=dict.fromkeys([*PAYLOAD_NAMES, *OWN], "a field of this name"))
    of_lead(pk=odd_status.pk).update(qa_status="caution", current_status="caution", enriched={"id": ""}, transformed={"email": ""})
    deliveries = queued([full, bare, odd, own, odd_status])
    names = [*PAYLOAD_NAMES, *OWN]
    with time_machine.travel("2026-01-31T23:30:00Z", tick=False):
        builder = OutgoingBuilder(leads := list(Lead.objects.order_by("pk")))
        sent = [
            builder.build(lead, event_id=delivery.event_id, delivery_id=delivery.pk, is_test=False)
            for lead, delivery in zip(leads, deliveries, strict=True)
        ]
        rows = rows_of(*names)
    for outgoing, row in zip(sent, rows, strict=True):
        assert dict(zip(names, row, strict=True)) == {name: read_value(outgoing, name) for name in names}


def test_dates_are_in_the_zone_of_the_schedule_and_those_of_now_of_the_building(campaign, make_leads, queued):
    queued(make_leads(campaign))
    Lead.objects.update(created_at=datetime(2026, 6, 30, 20, 0, tzinfo=UTC))
    names = ("createdDate", "createdTs", "currentDate", "currentDateTime", "currentTime")
    moment = datetime(2026, 12, 31, 18, 30, 5, tzinfo=UTC)
    assert rows_of(*names, zone="Asia/Kathmandu", moment=moment) == [
        ("2026-07-01", "2026-07-01 01:45:00", "2027-01-01", "2027-01-01 00:15:05", "00:15:05")
    ]
    assert rows_of(*names, zone="America/Los_Angeles", moment=moment)[0][:3] == ("2026-06-30", "2026-06-30 13:00:00", "2026-12-31")


def test_the_form_hash_is_that_of_the_api(campaign, make_leads, queued, form):
    queued(make_leads(campaign))
    assert rows_of("formHash") == [(form.slug,)]


@pytest.mark.parametrize("status", CurrentStatus)
def test_every_status_has_its_word(campaign, make_leads, queued, status):
    queued(make_leads(campaign))
    flag = {} if status in ("pending", "caution") else {"second_check": status}
    Lead.objects.update(current_status=status, qa_status="" if status == "pending" else status, **flag)
    assert rows_of("leadStatus") == [(status.label,)]


def test_rows_come_in_the_order_of_their_positions(campaign, make_leads):
    ids = [lead.pk for lead in make_leads(campaign, 40)]
    random.Random(1).shuffle(ids)
    source = Query(
        "SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY AS t (lead_id, position), (SELECT NULL::bigint AS delivery_id) d", [ids]
    )
    assert [int(pk) for (pk,) in rows_of("id", source=source)] == ids
    assert [int(pk) for (pk,) in rows_of("id", source=source, limit=3)] == ids[:3]
    assert rows_of("eventId", source=source, limit=1) == [("",)]


def test_a_file_needs_columns():
    with pytest.raises(DomainError, match="no columns"):
        select_rows(pending(), [], BatchFormat(), zone=ZONE)


# As a role may see it


def shown(who, *names: str, limit: int = 10) -> list[list[str]]:
    return [row.cells for row in preview_rows(pending(), [BatchColumn(name, name) for name in names], who, limit, zone=ZONE).rows]


def test_the_preview_is_the_beginning_of_the_file(campaign, make_leads, queued, bob):
    leads = make_leads(campaign, 3)
    queued(leads)
    admin = make_user(roles.ADMIN)
    preview = preview_rows(pending(), [BatchColumn("E-mail", "email"), BatchColumn("Source", value="Sluice")], admin, 2, zone=ZONE)
    assert preview.header == ["E-mail", "Source"]
    assert preview.rows == [(lead.pk, [lead.captured["email"], "Sluice"]) for lead in leads[:2]]


def test_a_preview_has_each_name_as_the_file_has_it_and_no_rows_of_nothing(campaign, make_leads, queued):
    queued(make_leads(campaign, 2))
    names = [*PAYLOAD_NAMES, "formHash", *OWN]
    with time_machine.travel("2026-01-31T23:30:00Z", tick=False):
        assert shown(make_user(roles.ADMIN), *names) == [list(row) for row in rows_of(*names)]
    nothing = source_of(Delivery.objects.none(), position="pk", delivery="pk")
    assert preview_rows(nothing, [BatchColumn("E-mail", "email")], make_user(roles.ADMIN), 10, zone=ZONE).rows == []


def test_a_masked_role_sees_the_masks_of_the_leads_table(campaign, make_leads, queued):
    (lead,) = make_leads(campaign, firstName="Anna", email="anna@example.com")
    Lead.objects.update(
        transformed={"made": "Miss A"}, enriched={"found": "x"}, publisher_sub_id="anna", landing_page_url="https://a.example/anna"
    )
    queued([lead])
    masked = make_user(roles.ADMIN_MASKED)
    lead.refresh_from_db()
    names = ("firstName", "email", "made", "found", "publisherSubId", "landingPageUrl", "ip", "emailDomain", "leadHash", "eventId")
    ((*fields, sub, page, ip, domain, hash_, event),) = shown(masked, *names)
    assert fields == [privacy.shown_value(masked, lead, name, lead.values[name]) for name in names[:4]]
    assert {sub, page, ip, domain, hash_, event} == {privacy.HIDDEN}
    ((*ids, status),) = shown(masked, "id", "campaignId", "publisherName", "leadStatus")
    assert (ids, status) == ([str(lead.pk), str(campaign.pk), "Pat Media"], "Pending")


@pytest.mark.parametrize("role", [*roles.LABELS])
def test_no_role_sees_more_of_a_value_than_on_the_lead(campaign, make_leads, queued, role):
    (lead,) = make_leads(campaign, firstName="Anna", email="anna@example.com", id="of a field")
    queued([lead])
    who = make_user(role)
    of_lead = privacy.values_for(who, lead)
    ((name, email, own, domain, ip),) = shown(who, "firstName", "email", "id", "emailDomain", "ip")
    allowed = [{of_lead[field], privacy.HIDDEN} for field in ("firstName", "email", "id")]
    assert all(text in texts for text, texts in zip((name, email, own), allowed, strict=True))
    if not privacy.sees_values_of(who, lead):
        assert (domain, ip) == (privacy.HIDDEN, privacy.HIDDEN)


# In the settings form


def cleaned(*rows: dict) -> list[dict]:
    return IncludeFieldsField().clean(list(rows))


def test_columns_are_kept_in_their_order():
    rows = cleaned({"header": "B", "field": "email"}, {"header": "a", "field": "", "value": "always"}, {"header": " é ☃ ", "field": "id"})
    assert BatchColumn.of_settings(rows) == [BatchColumn("B", "email"), BatchColumn("a", value="always"), BatchColumn("é ☃", "id")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"header": "", "field": "email"}, "required"),
        ({"header": "a\nb", "field": "email"}, "line breaks"),
        ({"header": "a\u202eb", "field": "email"}, "cannot be seen"),
        ({"header": "a\0b", "field": "email"}, "Null|not text"),
        ({"header": "x" * 201, "field": "email"}, "200"),
        ({"header": "a"}, "Name a field"),
        ({"header": "a", "field": "email", "value": "b"}, "Name a field"),
        ({"header": "a", "field": ["email"]}, "one value"),
        ({"header": "EMAIL", "field": "email"}, "already"),
    ],
)
def test_a_hostile_column_is_refused(row, message):
    with pytest.raises(columns.forms.ValidationError, match=message):
        cleaned({"header": "email", "field": "email"}, row)


def test_the_names_of_the_campaign_come_before_the_others(campaign):
    names = offered_names(campaign)
    assert names[:2] == ["firstName", "lastName"]
    assert set(columns.NAMES) <= set(names)
    assert len(names) == len(set(names))
