"""The jobs of the demo data, and their verdicts."""

from secrets import token_urlsafe
from typing import Any

from django.utils import timezone

from campaigns.credentials.scope import set_owners
from campaigns.models import Campaign
from campaigns.services import create_campaign
from config.core import enterprise
from config.core.actor import SYSTEM
from config.core.credentials.service import set_credential
from processr import services
from processr.engine import scheduler
from processr.models import Job

WITHOUT_JOBS = {"Partner programme"}
JOBS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("duplicate_email", {"stage": 10, "score": 30, "hardfail": True}),
    ("test_data", {"stage": 20, "score": 20, "hardfail": True}),
    ("first_last_name_match", {"stage": 30, "score": 10}),
)
MORE_JOBS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "Zero-downtime white paper": (
        ("field_not_empty", {"stage": 40, "config": {"fields_to_read": "firstName, lastName, company"}}),
        ("telephone_format", {"stage": 50, "config": {"region": "GB"}}),
        ("repeat_character", {"stage": 60}),
    ),
    "Ransomware guide": (
        ("non_standard_characters", {"stage": 40}),
        ("multiple_empty_fields", {"stage": 50, "config": {"fields_to_read": "telephone, company, jobTitle, postcode"}}),
        ("rapid_post", {"stage": 60}),
    ),
    "Spring webinar": (("field_length_check", {"stage": 40}), ("rapid_post", {"stage": 50, "config": {"seconds": 10}})),
}
"""Further jobs by campaign."""
ASKS_A_PROVIDER = "Payroll demo requests"
PROVIDER_CHECK = {
    "url": "https://phonebook.example/v1/numbers/{telephone}", "look_at": "path", "path": "result.status", "passing": ["valid"],
    "failing": ["invalid"], "reason": "The telephone number is not in use",
}  # fmt: skip


def add_jobs(world: dict[str, Any]) -> None:
    for entry in world["campaigns"]:
        if entry["name"] in WITHOUT_JOBS:
            continue
        campaign = Campaign.objects.get(pk=entry["id"])
        jobs = [services.add_job(campaign, key, actor=SYSTEM, **settings) for key, settings in (*JOBS, *MORE_JOBS.get(entry["name"], ()))]
        entry["jobs"] = list(map(job_entry, jobs))


def job_entry(job: Job) -> dict[str, Any]:
    """Return a job as `demo --json` tells of it."""
    return {"id": job.pk, "type": job.type, "label": job.label, "category": job.category}


def add_provider_check(world: dict[str, Any]) -> None:
    """Add a check that asks a provider, with its credential. It is switched off: there is no such provider."""
    for entry in world["campaigns"]:
        if entry["name"] == ASKS_A_PROVIDER:
            campaign = Campaign.objects.get(pk=entry["id"])
            credential = set_credential(
                "Phone lookup", actor=SYSTEM, secret=token_urlsafe(24), entity="Phonebook", api_url="https://phonebook.example/v1"
            )
            set_owners(credential, [campaign.advertiser_id], actor=SYSTEM)
            config = {**PROVIDER_CHECK, "credential": credential.pk}
            job = services.add_job(campaign, "http_check", actor=SYSTEM, label="Phone lookup", stage=60, enabled=False, config=config)
            entry["jobs"].append(job_entry(job))


def add_template(world: dict[str, Any]) -> None:
    """Add a template, with jobs that are copied to campaigns: one that agencies cannot change there, and one to review."""
    advertiser = Campaign.objects.select_related("advertiser").get(pk=world["campaigns"][0]["id"]).advertiser
    template = create_campaign(
        "Standard checks",
        advertiser=advertiser,
        currency=enterprise.current().currency,
        start=timezone.now(),
        is_template=True,
        actor=SYSTEM,
    )
    for (key, settings), state in zip(JOBS, (Job.LockState.LOCKED, Job.LockState.NORMAL, Job.LockState.REVIEW), strict=True):
        services.add_job(template, key, actor=SYSTEM, lock_state=state, **settings)


def judge(_world: dict[str, Any]) -> None:
    """Process the demo leads at once, so that the first page shows results."""
    while turn := scheduler.next_turn():
        scheduler.process_turn(*turn)
