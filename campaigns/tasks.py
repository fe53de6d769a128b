"""The periodic task that resumes campaigns."""

from celery import shared_task
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import resume
from config.core.actor import SYSTEM
from config.core.errors import DomainError


@shared_task
def resume_due() -> int:
    """Resume the campaigns that are due, one in a transaction. One that a user has resumed meanwhile is skipped."""
    resumed = 0
    for pk in Campaign.objects.filter(paused_at__isnull=False, resume_at__lte=timezone.now()).values_list("pk", flat=True):
        try:
            resume(pk, actor=SYSTEM)
        except DomainError:
            continue
        resumed += 1
    return resumed
