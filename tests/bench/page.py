"""The Leads page over many leads, through every middleware to the last byte, against reading its fifty leads alone.

Whole, as a link opens it, and as the part that htmx loads for a filter, an order or another page.
"""

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.core.accounts import roles
from config.core.lists.pagination import Order, count_capped
from config.core.models import User
from config.embedded.assets import collect_changed
from config.embedded.programs import log_file
from config.embedded.supervision import Supervisor
from leads.extension_points import lead_columns
from leads.lifecycle import tallies
from leads.models import Lead
from leads.search import matching_leads
from leads.selectors import leads_for
from leads.statuses import CurrentStatus
from leads.views.tables import LeadTable
from tests.bench.fill import fill
from tests.bench.report import Row, tell

TIMES = 100
PAGE = 50


@dataclass(frozen=True)
class Case:
    """A question to the page, the same leads by hand, and the count that goes with them."""

    what: str
    asked: dict[str, str | int]
    leads: QuerySet[Lead]
    count: Callable[[], object]
    search: Callable[[], object] | None = None
    aim: str = "50 ms"


def measure(_: Supervisor, asked: argparse.Namespace) -> list[Row]:
    log_file("page").parent.mkdir(exist_ok=True)
    logging.getLogger().handlers[0].setStream(log_file("page").open("a"))  # written as ever, but not between the figures
    collect_changed()
    fill(asked.leads)
    admin = User.objects.create_user("bench", role=roles.ADMIN)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(admin)
    heading = Row(f"LEADS PAGE: {asked.leads:,} leads, {TIMES} times each (floor: reading its {PAGE} leads alone)")
    return [heading, *(row for case in _cases(admin) for row in _rows(client, case, asked.rounds))]


def _cases(admin: User) -> list[Case]:
    leads = leads_for(admin).order_by("-pk")
    middle = leads[leads.count() // 2]
    largest = Lead.objects.values("campaign").annotate(n=Count("pk")).latest("n")["campaign"]
    prefix = middle.email[: -len("7@example.com")]
    invalid = CurrentStatus.INVALID

    def total(**keys: object) -> Callable[[], int]:
        return lambda: tallies.count_for(admin, **keys)

    first, last = middle.name_key.split()

    def search(what: str, text: str) -> Case:
        found = leads.filter(matching_leads(text, admin))
        return Case(f"search: {what}", {"search": text}, found, lambda: count_capped(found), lambda: matching_leads(text, admin))

    def bounded(what: str, **asked: str) -> Case:
        return Case(f"bounded: {what}", asked, leads, total(), aim="150 ms")

    by_email = leads.filter(email__startswith=prefix)
    return [
        Case("first page", {}, leads, total()),
        Case("page in the middle", {"after": _place(middle)}, leads.filter(pk__lt=middle.pk), total()),
        Case("of the largest campaign", {"campaign": largest}, leads.filter(campaign=largest), total(campaign_id=largest)),
        Case("Invalid only", {"current_status": invalid}, leads.filter(current_status=invalid), total(current_status=invalid)),
        Case("e-mail address begins with", {"email": prefix}, by_email, lambda: count_capped(by_email)),
        bounded("a company that contains a text", **{"company~": "any 49"}),
        bounded("a field that no lead has", **{"field.colour": "red"}),
        search("two parts of a name", f"{last[:-1]} {first}"),
        search("a company", middle.captured["company"]),
        search("a telephone number as dialled at home", f"0{middle.phone[3:]}"),
        search("how every name begins", "f l"),
        search("a campaign and a name", f"{middle.campaign.name.split()[0]} {last}"),
        search("words that no lead has together", "first1 last2 nobody"),
    ]


def _place(lead: Lead) -> str:
    """As the page itself writes it."""
    sort = LeadTable.default_sort
    order = Order.by(Lead, lead_columns.get(sort.removeprefix("-")).sort, descending=sort.startswith("-"))
    return order.format_position(order.position_of(lead))


def _rows(client: Client, case: Case, rounds: int) -> list[Row]:
    address = f"{reverse('leads')}?{urlencode(case.asked)}"
    queries = _queries(client, address)
    pages = [times(lambda: client.get(address)) for _ in range(rounds)]
    parts = [times(lambda: client.get(address, headers={"HX-Request": "true", "HX-Target": "list"})) for _ in range(rounds)]
    floors = [times(lambda: list(case.leads.all()[:PAGE])) for _ in range(rounds)]
    counts = [times(case.count) for _ in range(rounds)]
    tell(f"{case.what}: done")
    return [
        _row(f"{case.what}, median", pages, floors, 10),
        _row("    p95", pages, floors, 19, aim=case.aim),
        _row("    its list alone, median", parts, floors, 10),
        _row("    p95", parts, floors, 19, aim=f"{case.aim}, 6"),
        Row("    queries", str(queries)),
        Row("    on the wire", f"{_kilobytes(client, address):.1f} kB", aim="60 kB"),
        *([Row("    its search alone, p95", ms(times(case.search)[18]), aim="50 ms")] if case.search else []),
        Row("    its count alone, p95", ms(median_of(counts, 19)), aim="10 ms"),
    ]


def _row(what: str, taken: list[list[float]], floors: list[list[float]], twentieth: int, *, aim: str = "") -> Row:
    figure, floor = median_of(taken, twentieth), median_of(floors, twentieth)
    return Row(what, ms(figure), ms(floor), f"{figure / floor:.1f}", aim)


def _kilobytes(client: Client, address: str) -> float:
    return len(client.get(address, headers={"Accept-Encoding": "gzip"}).content) / 1000


def _queries(client: Client, address: str) -> int:
    client.get(address)  # loads what a process loads once
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    if answer.status_code != 200 or b"lead" not in answer.content:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return len(seen)


def times(do: Callable[[], object]) -> list[float]:
    """Twentieths of the distribution, in milliseconds."""
    taken = []
    for _ in range(TIMES):
        began = perf_counter()
        do()
        taken.append((perf_counter() - began) * 1000)
    return quantiles(taken, n=20)


def median_of(rounds: list[list[float]], twentieth: int) -> float:
    return median(round_[twentieth - 1] for round_ in rounds)


def ms(value: float) -> str:
    return f"{value:.1f} ms"
