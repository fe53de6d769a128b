"""Permissions of the Processr, and the campaign and job as far as a user sees them."""

from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404

from campaigns.models import Campaign
from campaigns.scope import Who
from campaigns.selectors import campaigns_for
from config.core.accounts import roles
from config.core.accounts.permissions import ViewFunction, role_required
from config.core.accounts.requests import UserRequest
from config.core.errors import PROCESSR_ACCESS
from leads.privacy import ASKED_MASKED, sees_personal_data
from leads.privacy.tabs import TABS
from processr.job_types.base import JobType
from processr.job_types.registry import job_types
from processr.models import Job
from processr.selectors import jobs_for
from processr.settings_display import label_of

NO_ACCESS = PROCESSR_ACCESS.lifts("You may not use the Processr.")


def may_use(who: Who) -> bool:
    """Return whether the user may use the Processr.

    Processr Access is a right of each user who manages campaigns; it does not restrict the other roles.
    """
    return getattr(who, "can_use_processr", False) or who.role not in roles.MANAGES_CAMPAIGNS


def may_configure(who: Who, campaign: Campaign) -> bool:
    """Return whether `who` may change the jobs. Agencies work on campaigns made from a template, not on the template itself."""
    return who.role in roles.MANAGES_CAMPAIGNS and not (campaign.is_template and who.role == roles.AGENCY)


def may_change(who: Who, job: Job) -> bool:
    """Return whether `who` may change the job. A job that a template has locked is read-only for agencies."""
    locked = who.role == roles.AGENCY and job.lock_state == Job.LockState.LOCKED
    return not locked and may_configure_type(who, job_types.get(job.type))


def may_configure_type(who: Who, job_type: type[JobType] | None) -> bool:
    """Return whether `who` may set up jobs of the type. Those that send values of leads are for users who see the values (decision 33)."""
    return job_type is None or not job_type.is_outgoing or sees_personal_data(who)


def refusal_to_ask(who: Who) -> str:
    """Return why the user may not decide what is asked of values of leads; empty if they may."""
    return "" if sees_personal_data(who) else ASKED_MASKED


def refuse_unless_may_ask(who: Who) -> None:
    if refusal := refusal_to_ask(who):
        raise PermissionDenied(refusal)


def closed_settings(who: Who, job_type: type[JobType], campaign: Campaign) -> list[str]:
    """Return the labels of the settings that the user may not change, because they see leads masked."""
    if sees_personal_data(who):
        return []
    fields = job_type.settings_fields(campaign)
    return [label_of(field, name) for name, field in fields.items() if name not in job_type.open_settings]


def campaign_seen_by(who: Who, campaign_id: int) -> Campaign:
    """Return the campaign. The subquery removes duplicates: a user can have several ways to see one campaign."""
    visible = campaigns_for(who).filter(pk=campaign_id).values("pk")
    return get_object_or_404(Campaign.objects.select_related("advertiser"), pk__in=visible)


def campaign_to_configure(who: Who, campaign_id: int) -> Campaign:
    campaign = campaign_seen_by(who, campaign_id)
    if not may_configure(who, campaign):
        raise PermissionDenied
    return campaign


def job_seen_by(who: Who, campaign: Campaign, job_id: int) -> Job:
    return get_object_or_404(jobs_for(who).select_related("group").distinct(), campaign=campaign, pk=job_id)


def job_to_change(who: Who, campaign: Campaign, job_id: int) -> Job:
    job = job_seen_by(who, campaign, job_id)
    if not may_change(who, job):
        raise PermissionDenied
    return job


SEES_RUNS = TABS["job_details"].roles
"""Others read the reasons at the lead's status: the outcomes of single jobs are for those who run the campaign."""


def open_to_configurers(view: ViewFunction) -> ViewFunction:
    """Restrict a view to users who manage campaigns and have Processr Access; others get 403."""

    @wraps(view)
    def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_unless_may_use(request)
        return view(request, *args, **kwargs)

    return role_required(roles.MANAGES_CAMPAIGNS)(guarded)


def refuse_unless_may_use(request: UserRequest) -> None:
    if not may_use(request.user):
        raise PermissionDenied(NO_ACCESS)
