"""The jobs of the demo data, and their verdicts."""

from typing import Any

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from processr import services
from processr.engine import scheduler

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


def add_jobs(world: dict[str, Any]) -> None:
    for entry in world["campaigns"]:
        if entry["name"] in WITHOUT_JOBS:
            continue
        campaign = Campaign.objects.get(pk=entry["id"])
        jobs = [services.add_job(campaign, key, actor=SYSTEM, **settings) for key, settings in (*JOBS, *MORE_JOBS.get(entry["name"], ()))]
        entry["jobs"] = [{"id": job.pk, "type": job.type, "label": job.label, "category": job.category} for job in jobs]


def judge(_world: dict[str, Any]) -> None:
    """Process the demo leads at once, so that the first page shows results."""
    while turn := scheduler.next_turn():
        scheduler.process_turn(*turn)
