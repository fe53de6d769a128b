"""The demo campaign that shows lists, a job group and enrichment, with leads that each of them catches."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns import submission
from campaigns.models import Campaign
from config.core.actor import SYSTEM
from leads.demo.leads import date_back
from leads.intake.service import Origin, check_open, receive_lead
from leads.statuses import EntryPoint
from processr import services
from processr.demo import job_entry
from processr.lists import services as lists
from processr.lists.storing import ListTarget
from processr.models import Job

CAMPAIGN = "Zero-downtime white paper"
MINUTES_APART = 7
"""They come one after the other, the last one just now."""
KEY_ACCOUNTS = (
    "Alder Foods", "Birchwood Logistics", "Bluegrass Freight", "Cobalt Dental", "Dunmore Hotels", "Ember Design", "Fairway Insurance",
    "Granite Homes", "Harvest Grain Cooperative", "Hazel Energy", "Ironbridge Tools", "Juniper Labs", "Kingfisher Travel",
    "Larkspur Legal", "Liffey Software", "Meridian Schools", "Orchard Retail", "Pinnacle Print", "Rivers and Sons",
)  # fmt: skip
COMPETITORS = ("Paymaster General Software", "Salarium", "Wagewise", "Northern Payroll Company")
WITHOUT_COMPETITORS = "Payroll demo requests"
SUPPRESSED_EMAILS = (
    "accounts@fairway-insurance.example", "do.not.contact@granite-homes.example", "legal@hazel-energy.example",
    "moira.quinlan@liffey-software.example", "privacy@dunmore-hotels.example",
)  # fmt: skip
SUPPRESSED_NAMES = (("Mickey", "Mouse"), ("Donald", "Duck"), ("Joe", "Bloggs"), ("Jane", "Doe"), ("Test", "Person"))
DIALLING_PREFIXES = {"GB": ("+44", "0"), "US": ("+1",), "IE": ("+353",)}
"""The beginnings of a country's telephone numbers."""
BY_COUNTRY = (
    ("UK postcode", "postcode", {"fields_to_read": ["postcode"], "country": "GB"}, ("GB", "United Kingdom")),
    ("US ZIP code", "postcode", {"fields_to_read": ["postcode"], "country": "US"}, ("US", "United States")),
    ("A postcode of some kind", "field_length_check", {"fields_to_read": ["postcode"], "minimum": 5}, ()),
)
"""Label, type, settings, and the countries that the job runs for; without any it runs for the other countries."""
HEADINGS = ("firstName", "lastName", "email", "telephone", "company", "jobTitle", "postcode", "country")
PEOPLE = (
    ("Grace", "Holloway", "grace.holloway@bluegrass-freight.example", "+1 502 555 0142", "Bluegrass Freight", "IT Director", "40202", "US"),
    ("Marcus", "Delgado", "marcus.delgado@harvest-grain.example", "+1 515 555 0178", "Harvest Grain Cooperative", "CTO", "50309", "US"),
    ("Tyler", "Brandt", "tyler.brandt@bluegrass-freight.example", "+1 502 555 0119", "Bluegrass Freight", "Systems Lead", "4O2O2", "US"),
    ("Dana", "Whitfield", "dana.whitfield@sunbelt-motors.example", "+1 602 555 0131", "Sunbelt Motors", "IT Manager", "85004", "US"),
    ("Aoife", "Brennan", "aoife.brennan@liffey-software.example", "+353 1 555 0163", "Liffey Software", "Platform Lead", "D02 X285", "IE"),
    ("Moira", "Quinlan", "moira.quinlan@liffey-software.example", "+353 1 555 0164", "Liffey Software", "Architect", "D02 X285", "IE"),
    ("Cormac", "Daly", "cormac.daly@liffey-software.example", "+353 1 555 0165", "Liffey Software", "Office Manager", "D2", "IE"),
    ("Ruth", "Ashdown", "ruth.ashdown@granite-homes.example", "+44 20 7946 0018", "Granite Homes", "Head of IT", "EC1A 1BB", "GB"),
    ("Owen", "Pritchard", "owen.pritchard@hazel-energy.example", "+44 29 2018 0344", "Hazel Energy", "Network Manager", "CF1O 1EP", "GB"),
    ("Leah", "Sutton", "leah.sutton81@gmail.com", "+44 161 496 0427", "Sutton & Daughters", "Owner", "M1 1AE", "GB"),
    ("Nils", "Berger", "nils.berger@orchard-retail.example", "+49 30 23125 118", "Orchard Retail", "CTO", "EC2A 1NT", "GB"),
    ("Mickey", "Mouse", "mickey@alder-foods.example", "+44 20 7946 0711", "Alder Foods", "Buyer", "LS1 4AP", "GB"),
)  # fmt: skip


def add_jobs(world: dict[str, Any]) -> None:
    """Add the jobs of lists, groups and enrichment after those that all campaigns have."""
    for entry in _campaign_entries(world):
        campaign = Campaign.objects.select_related("advertiser").get(pk=entry["id"])
        jobs = [
            *_add_list_jobs(campaign),
            _add_telephone_job(campaign),
            *_add_postcode_group(campaign),
            _add_job(campaign, "email_domain_facts", stage=10),
            _add_job(campaign, "telephone_facts", stage=20),
        ]
        entry["jobs"] += map(job_entry, jobs)


def add_competitors(world: dict[str, Any]) -> None:
    """Add a list of the system, and a job that keeps out companies on it."""
    competitors = lists.create_list("Competitors", advertiser=None, actor=SYSTEM)
    lists.add_values(competitors, COMPETITORS, actor=SYSTEM)
    for entry in world["campaigns"]:
        if entry["name"] == WITHOUT_COMPETITORS:
            campaign = Campaign.objects.get(pk=entry["id"])
            config = {"list": competitors.pk, "field": "company", "rule": "fail"}
            job = _add_job(campaign, "suppression_list", stage=40, label="No competitors", score=0, hardfail=True, config=config)
            entry["jobs"].append(job_entry(job))


def receive(world: dict[str, Any]) -> None:
    """Receive the demo leads through the real intake."""
    for entry in _campaign_entries(world):
        form, publisher, link = entry["forms"][0]["id"], entry["publishers"][0], entry["links"][0]["id"]
        context = submission.load_submission_context(entry["id"], form_id=form, publisher_id=publisher, link_id=link)
        assert context is not None  # the demo data has just made the campaign
        ids = []
        for number, person in enumerate(PEOPLE, start=1):
            values = {**dict(zip(HEADINGS, person, strict=True)), "terms": "1"}
            origin = Origin(ip=f"198.51.100.{number}", publisher_sub_id="expo")
            ids.append(receive_lead(check_open(context), values, entry_point=EntryPoint.WEBHOOK, origin=origin).lead_id)
        now = timezone.now()
        date_back({pk: now - timedelta(minutes=MINUTES_APART * (len(ids) - place)) for place, pk in enumerate(ids)})


def _campaign_entries(world: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in world["campaigns"] if entry["name"] == CAMPAIGN]


def _add_list_jobs(campaign: Campaign) -> list[Job]:
    accounts = lists.create_list("Key accounts", advertiser=campaign.advertiser, actor=SYSTEM)
    lists.add_values(accounts, KEY_ACCOUNTS, actor=SYSTEM)
    lists.add(ListTarget.of("email"), SUPPRESSED_EMAILS, actor=SYSTEM)
    lists.add(ListTarget.of("name"), SUPPRESSED_NAMES, actor=SYSTEM)
    on_list = {"list": accounts.pk, "field": "company", "rule": "pass"}
    return [
        _add_job(campaign, "suppressed_email", stage=70),
        _add_job(campaign, "invalid_name", stage=80),
        _add_job(campaign, "suppression_list", stage=90, score=20, label="Key accounts", config=on_list),
    ]


def _add_telephone_job(campaign: Campaign) -> Job:
    sections = [
        {"operation": "ALL", "conditions": [
            {"field": "country", "operator": "EQUAL", "values": [country]},
            {"field": "telephone", "operator": "STARTSWITH", "values": list(prefixes)},
        ]}
        for country, prefixes in DIALLING_PREFIXES.items()
    ]  # fmt: skip
    config = {"operation": "ANY", "sections": sections}
    return _add_job(campaign, "conditional_validation", stage=100, label="Telephone number of the lead's country", config=config)


def _add_postcode_group(campaign: Campaign) -> list[Job]:
    stages = range(110, 110 + len(BY_COUNTRY))
    jobs = [
        _add_job(campaign, key, stage=stage, label=label, config=config)
        for stage, (label, key, config, _) in zip(stages, BY_COUNTRY, strict=True)
    ]
    group = services.create_group(campaign, name="Postcode by country", score=10, actor=SYSTEM)
    services.put_in_group([job.pk for job in jobs], group, actor=SYSTEM)
    for job, (_, _, _, countries) in zip(jobs, BY_COUNTRY, strict=True):
        if countries:
            services.set_conditions(job.pk, [{"field": "country", "values": list(countries)}], actor=SYSTEM)
    return jobs


def _add_job(campaign: Campaign, key: str, **properties: Any) -> Job:
    return services.add_job(campaign, key, actor=SYSTEM, **properties)
