"""Rows that the demo world lacks, added inside an installation by `manage.py shell`."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign, Form, Publisher
from config.core.actor import SYSTEM
from processr.demo import JOBS
from processr.services import add_job

LIKE = "Payroll demo requests"


def add_campaign(name: str, *, jobs: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Active, without a cap; with the demo's three jobs, or with `jobs` by type. Prints what tests need of it."""
    like, now = Campaign.objects.get(name=LIKE), timezone.now()
    campaign = services.create_campaign(
        name, advertiser=like.advertiser, currency=like.currency, start=now - timedelta(days=1), end=now + timedelta(days=60),
        country=like.country, default_publisher_payout=like.default_publisher_payout, signed=True, actor=SYSTEM,
    )  # fmt: skip
    forms, publishers = list(Form.objects.order_by("pk")), list(Publisher.objects.order_by("pk"))
    for form in forms:
        services.add_form(campaign, form, actor=SYSTEM)
    for publisher in publishers:
        contract = services.assign_publisher(campaign, publisher, actor=SYSTEM)
        services.sign_contract(contract, signed_by=publisher.name, actor=SYSTEM)
    given = dict(JOBS) if jobs is None else jobs
    added = [add_job(campaign, key, actor=SYSTEM, **settings) for key, settings in given.items()]
    told = {
        "id": campaign.pk, "name": name, "api_key": services.api_key_of(campaign), "forms": [{"id": form.pk} for form in forms],
        "publishers": [publisher.pk for publisher in publishers], "jobs": [{"id": job.pk, "type": job.type} for job in added],
    }  # fmt: skip
    print(json.dumps(told))
