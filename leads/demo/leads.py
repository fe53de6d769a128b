"""Leads of the demo world: believable people, and some that the jobs catch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from campaigns import submission
from config.core import enterprise
from config.core.actor import SYSTEM
from leads import lifecycle
from leads.intake.service import Origin, check_open, receive_lead
from leads.lifecycle import tallies
from leads.lifecycle.state import lock_states
from leads.models import Lead, TallyDelta
from leads.statuses import EntryPoint

FIRST = (
    "Amelia", "Bilal", "Chloe", "Daniel", "Eleni", "Farah", "George", "Hannah", "Imran", "Jana", "Kofi", "Lena", "Marco",
    "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Sean", "Tara", "Uma", "Viktor", "Wendy", "Xin", "Yusuf", "Zoe",
)  # fmt: skip
LAST = (
    "Abbott", "Bianchi", "Chen", "Dlamini", "Evans", "Fischer", "Garcia", "Hughes", "Ivanova", "Jansen", "Khan", "Larsen",
    "Murphy", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Silva", "Turner", "Ueda", "Varga", "Walsh", "Young", "Zhang",
)  # fmt: skip
COMPANIES = (
    "Alder Foods", "Birchwood Logistics", "Cobalt Dental", "Dunmore Hotels", "Ember Design", "Fairway Insurance", "Granite Homes",
    "Hazel Energy", "Ironbridge Tools", "Juniper Labs", "Kingfisher Travel", "Larkspur Legal", "Meridian Schools", "Nettle & Sons",
    "Orchard Retail", "Pinnacle Print",
)  # fmt: skip
TITLES = ("IT Manager", "Head of Finance", "Operations Director", "HR Partner", "Chief Technology Officer", "Office Manager")
POSTCODES = ("LS1 4AP", "M2 3AE", "EC2A 1NT", "BS1 6QA", "EH3 9DR", "CF10 1EP")
SHARE = {
    "Zero-downtime white paper": 70,
    "Payroll demo requests": 45,
    "Ransomware guide": 20,
    "Spring webinar": 25,
    "Test drive": 6,
    "Partner programme": 9,
}
"""Leads per campaign. The campaign without a signed contract gets none."""
SEED = 11
"""The seed gives the same people everywhere."""
PERIOD = timedelta(days=45)
OPENS, CLOSES = 7, 20
SATURDAY = 5
WEEKEND_SHARE = 0.2


def receive(world: dict[str, Any]) -> None:
    """Receive the leads through the same service as any publisher's, those of all campaigns mixed, over the past weeks."""
    rng = Random(SEED)
    incoming = [(rng.random(), entry, person) for entry in world["campaigns"] for person in people(entry["name"], rng)]
    incoming.sort(key=lambda lead: lead[0])
    ids = [_receive_one(entry, person, rng) for _, entry, person in incoming]
    date_back(dict(zip(ids, moments(len(ids), PERIOD, rng), strict=True)))


def moments(number: int, period: timedelta, rng: Random) -> list[datetime]:
    """Return times within the past period, in order: in the day time of the enterprise, most of them on workdays."""
    now, zone = timezone.now(), enterprise.zone()
    found: list[datetime] = []
    while len(found) < number:
        moment = (now - rng.random() * period).astimezone(zone)
        is_workday = moment.weekday() < SATURDAY
        if OPENS <= moment.hour < CLOSES and (is_workday or rng.random() < WEEKEND_SHARE):
            found.append(moment)
    return sorted(found)


def date_back(times: Mapping[int, datetime]) -> None:
    """Let leads have come at these times, and count them on those days. Nothing has been done with any lead yet."""
    leads = list(Lead.objects.filter(pk__in=times))
    for lead in leads:
        lead.created_at = lead.updated_at = times[lead.pk]
    Lead.objects.bulk_update(leads, ["created_at", "updated_at"])
    TallyDelta.objects.all().delete()
    every_id = Lead.objects.order_by("pk").values_list("pk", flat=True)
    tallies.record((None, state) for state in lock_states(list(every_id)).values())


def flag_and_deliver(world: dict[str, Any]) -> None:
    """Flag some leads, mark many delivered and one as a replacement, as users would have done."""
    for entry in world["campaigns"][:2]:
        ids = list(Lead.objects.filter(campaign=entry["id"], current_status="valid").order_by("pk").values_list("pk", flat=True))
        lifecycle.mark_delivered(ids[: len(ids) * 2 // 3], actor=SYSTEM, reason="Delivered by hand")
        lifecycle.flag(ids[:3], "invalid", actor=SYSTEM, reason="Returned", comment="The sales team could not reach this person.")
        lifecycle.flag(ids[-1:], "test", actor=SYSTEM, reason="Client test")
        lifecycle.mark_replacement(ids[3:4], actor=SYSTEM, comment=f"Replaces lead {ids[0]}")
        caution = Lead.objects.filter(campaign=entry["id"], current_status="caution").values_list("pk", flat=True)[:1]
        lifecycle.flag(list(caution), "valid", actor=SYSTEM, reason="Manual QA passed", comment="Spoke to them: both names are right.")


def _receive_one(entry: dict[str, Any], person: dict[str, str], rng: Random) -> int:
    """Receive a lead of some publisher, through some link of the campaign. Return its id."""
    publisher_id, link_id = rng.choice(entry["publishers"]), rng.choice(entry["links"])["id"]
    context = submission.load_submission_context(entry["id"], form_id=entry["forms"][0]["id"], publisher_id=publisher_id, link_id=link_id)
    assert context is not None, "an earlier step of the demo made this campaign"
    origin = Origin(ip=f"203.0.113.{rng.randrange(1, 255)}", publisher_sub_id=f"sub{rng.randrange(4)}")
    return receive_lead(check_open(context), person, entry_point=EntryPoint.WEBHOOK, origin=origin).lead_id


def people(campaign: str, rng: Random) -> list[dict[str, str]]:
    """Return made-up people; about one in eight is a duplicate, has equal first and last names, or is a test entry."""
    persons: list[dict[str, str]] = []
    for number in range(SHARE.get(campaign, 0)):
        person = _person(rng, number)
        match number % 24:
            case 7 if persons:
                person["email"] = persons[rng.randrange(len(persons))]["email"].upper()
            case 13:
                person["lastName"] = person["firstName"]
            case 19:
                person |= {"firstName": "Test", "lastName": "Lead", "company": "test"}
        persons.append(person)
    return persons


def _person(rng: Random, number: int) -> dict[str, str]:
    first, last, company = rng.choice(FIRST), rng.choice(LAST), rng.choice(COMPANIES)
    domain = company.lower().replace(" & ", "-").replace(" ", "-")
    return {
        "firstName": first, "lastName": last, "email": f"{first}.{last}{number}@{domain}.example".lower(), "company": company,
        "telephone": f"+44 7700 900{rng.randrange(1000):03d}", "jobTitle": rng.choice(TITLES), "postcode": rng.choice(POSTCODES),
        "country": "GB", "terms": "1",
    }  # fmt: skip
