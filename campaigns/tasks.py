"""Campaigns that come back by themselves."""

from celery import shared_task
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import resume
from config.core.actor import SYSTEM
from config.core.errors import DomainError


@shared_task
def resume_due() -> int:
    """One campaign a transaction; one that a person resumed meanwhile is no error."""
    resumed = 0
    for pk in Campaign.objects.filter(paused_at__isnull=False, resume_at__lte=timezone.now()).values_list("pk", flat=True):
        try:
            resume(pk, actor=SYSTEM)
        except DomainError:
            continue
        resumed += 1
    return resumed
