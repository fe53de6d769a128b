"""The page of an integration's feedback policy: the rules in force, their versions, and *Try a feedback*."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.forms.layout import Fields, Section, SideBySide
from config.core.forms.page_form import PageForm
from integrations.feedback.decide import FeedbackDecision
from integrations.feedback.policy import LONGEST_AGE, RETURNED, FeedbackPolicyRules, OnConflict, QuotaPeriod
from integrations.feedback.policy_services import change_policy, takes_feedback, try_feedback
from integrations.feedback.requests import EVENT_ID, LONGEST_REASON, FeedbackRequest, FeedbackType
from integrations.feedback.selectors import policy_in_force, rules_of, versions_of
from integrations.models import Feedback
from leads.privacy import person_for
from processr import permissions
from processr.job_types.registry import job_types
from processr.models import Job
from processr.permissions import open_to_configurers
from processr.services.locking import LOCKED, TEMPLATE, outgoing_refusal

LONGEST_LIST = 50_000
COUNT, PERCENT = "count", "percent"
_ERRORS_AT = {"maximumAgeDays": "maximum_age_days", "quota": "quota_number"}
"""The fields of the form for the rules whose names differ."""


class FeedbackPolicyForm(PageForm):
    layout = Fields(
        Section("Taken", "returns", "conversions"),
        Section("Rules of returns", "maximum_age_days", "reasons", SideBySide("quota_number", "quota_unit", "quota_period"), "rules"),
        Section("Decision", "approval", "flag_invalid", "conflicts"),
    )

    seen = forms.IntegerField(widget=forms.HiddenInput)
    returns = forms.BooleanField(required=False, label="Returns")
    conversions = forms.BooleanField(required=False, label="Conversions")
    maximum_age_days = forms.IntegerField(
        required=False, min_value=1, max_value=LONGEST_AGE, label="Maximum age in days",
        help_text="From the delivery to the return, 24 hours a day, in UTC. Exactly so many days are accepted. Empty: any age.",
    )  # fmt: skip
    reasons = forms.CharField(
        required=False, max_length=LONGEST_LIST, label="Allowed reasons", widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"One a line, in the receiver's words; behind bars our reason of Invalid and its category: "
        f"“Wrong number | {RETURNED} | Wrong details”. Empty: any reason.",
    )  # fmt: skip
    quota_number = forms.IntegerField(required=False, min_value=1, max_value=100_000_000, label="Quota", help_text="Empty: no quota.")
    quota_unit = forms.ChoiceField(choices=[(COUNT, "returns"), (PERCENT, "% of the leads sent")], label="Counted in")
    quota_period = forms.ChoiceField(choices=[(period.value, f"a {period.value}") for period in QuotaPeriod], label="Period")
    rules = forms.CharField(
        required=False, max_length=LONGEST_LIST, label="Values of the lead", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One field a line, with the values that it must have: “country: GB, IE”. Empty: leads with any values.",
    )  # fmt: skip
    approval = forms.BooleanField(required=False, label="A person approves each return")
    flag_invalid = forms.BooleanField(
        required=False, label="An accepted return makes the lead Invalid", help_text="Which takes back what was billed for it."
    )
    conflicts = forms.ChoiceField(
        choices=[(OnConflict.ACCEPT.value, "is recorded as a conflict"), (OnConflict.REFUSE.value, "is refused")],
        label="A return after a conversion, or a conversion after a return",
    )

    @classmethod
    def of(cls, rules: FeedbackPolicyRules, *, version: int) -> "FeedbackPolicyForm":
        quota = rules.quota
        number, unit = (quota.count or quota.percent, COUNT if quota.count else PERCENT) if quota else (None, COUNT)
        return cls(
            initial={
                "seen": version,
                "returns": rules.returns,
                "conversions": rules.conversions,
                "maximum_age_days": rules.maximum_age_days,
                "reasons": "\n".join(" | ".join(filter(None, (each.words, each.reason, each.category))) for each in rules.reasons),
                "quota_number": number,
                "quota_unit": unit,
                "quota_period": quota.period.value if quota else QuotaPeriod.MONTH.value,
                "rules": "\n".join(f"{rule.field}: {', '.join(rule.written)}" for rule in rules.rules),
                "approval": rules.approval,
                "flag_invalid": rules.flag_invalid,
                "conflicts": rules.conflicts.value,
            }
        )

    @property
    def body(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        number = cleaned["quota_number"]
        return {
            "returns": cleaned["returns"],
            "conversions": cleaned["conversions"],
            "maximumAgeDays": cleaned["maximum_age_days"],
            "reasons": [_reason(line) for line in cleaned["reasons"].splitlines() if line.strip()],
            "quota": {cleaned["quota_unit"]: number, "period": cleaned["quota_period"]} if number else None,
            "rules": [_rule(line) for line in cleaned["rules"].splitlines() if line.strip()],
            "approval": cleaned["approval"],
            "flagInvalid": cleaned["flag_invalid"],
            "conflicts": cleaned["conflicts"],
        }

    def show(self, refusal: DomainError) -> None:
        """Show a refusal of the policy beside the field that it is about."""
        rule = (refusal.field or "").removeprefix("feedback.").partition("[")[0].partition(".")[0]
        field = _ERRORS_AT.get(rule, rule)
        self.add_error(field if field in self.fields else None, refusal.message)


class TryFeedbackForm(PageForm):
    type = forms.ChoiceField(choices=Feedback.Type.choices, label="Type")
    reason = forms.CharField(required=False, max_length=LONGEST_REASON, label="Reason")
    event_id = forms.RegexField(
        regex=rf"\A\s*{EVENT_ID.pattern}\s*\Z", required=False, label="Event ID",
        help_text="Of a delivery of this integration. Empty: of a lead that was sent as long ago as is said here.",
    )  # fmt: skip
    days = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_AGE, label="Days since it was sent")
    hours = forms.IntegerField(required=False, min_value=0, max_value=23, label="Hours")
    layout = Fields(SideBySide("type", "reason"), "event_id", SideBySide("days", "hours"))


@require_http_methods(["GET", "POST"])
@open_to_configurers
@never_cache
def feedback_policy(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    campaign = permissions.campaign_seen_by(request.user, pk)
    job = permissions.job_seen_by(request.user, campaign, job_id)
    if not takes_feedback(job):
        raise Http404
    read_only = _read_only(request, campaign, job)
    present = policy_in_force(job.pk)
    form = FeedbackPolicyForm.of(rules_of(present), version=present.version if present else 0)
    attempt, decision, status = TryFeedbackForm(initial={"days": 1, "hours": 0}), None, 200
    if request.method == "POST" and request.POST.get("act") == "try":
        attempt = TryFeedbackForm(request.POST)
        decision = _decision(attempt, job) if attempt.is_valid() else None
        status = 200 if decision else 422
    elif request.method == "POST":
        if read_only:
            raise PermissionDenied(read_only)
        form = FeedbackPolicyForm(request.POST)
        if form.is_valid() and _save(request, form, job.pk):
            messages.success(request, "The feedback policy is saved. It decides on what arrives from now on.")
            return redirect("integration_feedback", pk=campaign.pk, job_id=job.pk)
        status = 422
    versions = [{"policy": each, "by": person_for(request.user, each.made_by_name)} for each in versions_of(job.pk)]
    context = {"campaign": campaign, "job": job, "form": form, "attempt": attempt, "decision": decision, "read_only": read_only}
    return render(request, "integrations/feedback_policy.html", {**context, "versions": versions}, status=status)


def _read_only(request: UserRequest, campaign: Campaign, job: Job) -> str:
    """Return why the user may not change the policy; empty if they may."""
    job_type = job_types.get(job.type)
    if job_type and not permissions.may_configure_type(request.user, job_type):
        return outgoing_refusal(job_type)
    if not permissions.may_configure(request.user, campaign):
        return TEMPLATE
    return "" if permissions.may_change(request.user, job) else LOCKED


def _save(request: UserRequest, form: FeedbackPolicyForm, job_id: int) -> bool:
    try:
        change_policy(job_id, form.body, actor=actor_of(request), seen_version=form.cleaned_data["seen"])
    except DomainError as refusal:
        form.show(refusal)
    return form.is_valid()


def _decision(attempt: TryFeedbackForm, job: Job) -> FeedbackDecision | None:
    cleaned = attempt.cleaned_data
    event_id = cleaned["event_id"].strip().lower()
    age = None if event_id else timedelta(days=cleaned["days"] or 0, hours=cleaned["hours"] or 0)
    try:
        return try_feedback(job, FeedbackRequest(event_id, FeedbackType(cleaned["type"]), " ".join(cleaned["reason"].split())), age=age)
    except DomainError as refusal:
        attempt.add_error("event_id", refusal.message)
    return None


def _reason(line: str) -> dict[str, str]:
    words, _, meaning = line.partition("|")
    reason, _, category = meaning.partition("|")
    return {"words": words.strip(), "reason": reason.strip(), "category": category.strip()}


def _rule(line: str) -> dict[str, Any]:
    field, _, values = line.partition(":")
    return {"field": field.strip(), "values": [value.strip() for value in values.split(",") if value.strip()]}
