"""A lead over its list, among many leads with their runs and notes: as the sheet opens it, and each of its tabs, through every middleware.

Each request is of another lead, so that the entry of the audit trail and what no cache holds yet are in the figures.
"""

import argparse
import logging
from itertools import cycle
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.models import User
from config.embedded.assets import collect_changed
from config.embedded.programs import log_file
from config.embedded.supervision import Supervisor
from leads import lifecycle
from leads.extension_points import lead_tabs
from leads.models import Lead
from leads.privacy.tabs import TABS
from processr.engine import scheduler
from processr.models import Event
from processr.services import add_job
from tests.bench.catalogue import ONE_EACH
from tests.bench.fill import fill
from tests.bench.page import TIMES, median_of, ms, times
from tests.bench.report import Row, tell

EDITS = 3
AIM = "30 ms"

# The run and the notes of one lead, which the product wrote, for all others: ids are not in the order of time here.
_RUNS = """
INSERT INTO processr_event (id, lead_id, {columns})
SELECT gen_random_uuid(), lead.id, {columns} FROM (SELECT {columns} FROM processr_event WHERE id = %(event)s) AS event,
    (SELECT id FROM leads_lead WHERE id <> %(lead)s) AS lead
"""
_NOTES = """
INSERT INTO leads_leadnote (lead_id, {columns})
SELECT lead.id, {columns} FROM (SELECT {columns} FROM leads_leadnote WHERE lead_id = %(lead)s ORDER BY id) AS note,
    (SELECT id FROM leads_lead WHERE id <> %(lead)s) AS lead
"""


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    log_file("lead").parent.mkdir(exist_ok=True)
    logging.getLogger().handlers[0].setStream(log_file("lead").open("a"))  # written as ever, but not between the figures
    collect_changed()
    fill(asked.leads)
    campaign = Campaign.objects.get(pk=Lead.objects.values("campaign").annotate(n=Count("pk")).latest("n")["campaign"])
    _add_history(campaign)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_user("bench", role=roles.ADMIN))
    ids = list(Lead.objects.filter(campaign=campaign).order_by("-pk").values_list("pk", flat=True)[:20_000:7])
    lists = {
        "of all leads": reverse("leads"),
        "of a campaign's Invalid": f"{reverse('campaign_leads', args=[campaign.pk])}?current_status=invalid",
        "by a company that contains a text": f"{reverse('leads')}?company~=any+49",
    }
    rows = [Row(f"LEAD: {asked.leads:,} leads with their runs and notes, {TIMES} times each (floor: reading the lead alone)")]
    for what, address in lists.items():
        rows += _rows(client, f"sheet, from the list {what}", ids, "", address, "lead", asked.rounds)
    for key in (key for key in TABS if lead_tabs.get(key)):
        rows += _rows(client, f"tab {TABS[key].label}", ids, key, reverse("leads"), "lead-tab", asked.rounds)
    return rows


def _add_history(campaign: Campaign) -> None:
    """Process and edit one lead of the campaign, and give all others the same run and notes."""
    for key in ONE_EACH:
        add_job(campaign, key, actor=SYSTEM)
    lead = Lead.objects.filter(campaign=campaign, delivery_status="not_delivered").latest("pk")
    lifecycle.requeue([lead.pk], actor=SYSTEM)
    if scheduler.process_turn(campaign.pk, 0).leads + scheduler.process_turn(campaign.pk, 1).leads != 1:
        raise RuntimeError("the lead was not processed")
    for number in range(EDITS):
        lifecycle.edit({lead.pk: {"company": f"Company {number}"}}, actor=SYSTEM)
    event = Event.objects.get(lead_id=lead.pk, kind=Event.Kind.FLOW)
    with connection.cursor() as cursor:
        for statement, table, own in ((_RUNS, "processr_event", {"id", "lead_id"}), (_NOTES, "leads_leadnote", {"id", "lead_id"})):
            tell(f"copying {table}")
            columns = ", ".join(
                column.name for column in connection.introspection.get_table_description(cursor, table) if column.name not in own
            )
            cursor.execute(statement.format(columns=columns), {"event": event.pk, "lead": lead.pk})
        cursor.execute("VACUUM ANALYZE")


def _rows(client: Client, what: str, ids: list[int], key: str, address: str, target: str, rounds: int) -> list[Row]:
    turn = cycle(ids)
    headers = {"HX-Request": "true", "HX-Target": target}

    def ask() -> None:
        pk = next(turn)
        url = reverse("lead_tab", args=[pk, key]) if key else reverse("lead", args=[pk])
        if client.get(f"{url}?{urlencode({'list': address})}", headers=headers).status_code != 200:
            raise RuntimeError(f"{url} was not answered")

    ask()  # loads what a process loads once
    with CaptureQueriesContext(connection) as seen:
        ask()
    queries = len(seen)  # the next request begins the log of queries anew
    taken = [times(ask) for _ in range(rounds)]
    floors = [times(lambda: Lead.objects.get(pk=next(turn))) for _ in range(rounds)]
    figures, floor = [median_of(taken, place) for place in (10, 19)], [median_of(floors, place) for place in (10, 19)]
    tell(f"{what}: done")
    return [
        Row(f"{what}, median", ms(figures[0]), ms(floor[0]), f"{figures[0] / floor[0]:.1f}"),
        Row("    p95", ms(figures[1]), ms(floor[1]), f"{figures[1] / floor[1]:.1f}", AIM),
        Row("    queries", str(queries)),
    ]
