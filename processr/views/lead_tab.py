"""The Job Details tab of a lead, and the page of one run: why the lead has its status, and what each job made of it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.ids import parse_id
from leads import display, privacy
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.privacy import viewing
from leads.selectors import leads_for
from leads.shown_status import shown_status
from leads.statuses import ProcessrStatus, percentage
from leads.views.list_address import LIST, tab_address
from processr.engine.explain import ExplainedJob, Explanation, explain
from processr.job_types.outcomes import BADGES, OutcomeKind
from processr.models import Event, Job
from processr.permissions import SEES_RUNS
from processr.selectors import JobNotRun, jobs_beside, runs_for, with_plans

DELIVERIES = "deliveries"
"""The key of the tab that an upper app may have registered."""
RUNS_SHOWN = 10
LARGEST_RUN_NUMBER = 2**31 - 1
LONG_RULE = 120
"""Characters from which a rule is folded to three lines."""
COUNTS_AS = {
    Job.OnError.ERROR: "",
    Job.OnError.PASS: "Counts as passed by its setting.",
    Job.OnError.FAIL: "Counts as failed by its setting.",
}
STATES: Mapping[str, str] = {
    ProcessrStatus.WAITING: "The lead waits for its turn: the jobs run over it as soon as a worker is free.",
    ProcessrStatus.PROCESSING: "The jobs run over the lead now.",
    ProcessrStatus.HELD: "No job runs over the lead while it is on hold.",
}


@lead_tabs.register
class JobDetails(LeadTab):
    key = "job_details"
    template = "processr/_job_details.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        runs = runs_for(who, lead)
        asked = query.get("run", "").strip()
        read = with_plans(runs)
        run = read.filter(run_number=_run_number(asked)).first() if asked else read.first()
        shown = run_context(run, who, lead) if run else _context_without_run(who, lead, unknown=asked)
        return shown | {"runs": RunChoice(lead, runs, run, query)}


class RunChoice:
    """The runs over a lead to choose from, the newest first, ten a page."""

    def __init__(self, lead: Lead, runs: QuerySet[Event], shown: Event | None, query: QueryDict) -> None:
        self._lead, self._list = lead, query.get(LIST, "")
        before = query.get("before", "").strip()
        rows = runs.filter(run_number__lt=_run_number(before)) if before else runs
        self._page = list(rows.values_list("run_number", "started_at")[: RUNS_SHOWN + 1])
        self._shown, self._before = shown.run_number if shown else 0, before

    @property
    def rows(self) -> list[dict[str, Any]]:
        kept = {"before": self._before} if self._before else {}
        return [
            {"number": number, "at": at, "is_shown": number == self._shown, "url": self._url(run=number, **kept)}
            for number, at in self._page[:RUNS_SHOWN]
        ]

    @property
    def older(self) -> str:
        """The address of the tab with older runs to choose from; empty if there are none."""
        if len(self._page) <= RUNS_SHOWN:
            return ""
        before = self._page[RUNS_SHOWN - 1][0]
        return self._url(run=self._shown, before=before) if self._shown else self._url(before=before)

    @property
    def newest(self) -> str:
        """The address of the last run, where that is not among those on offer."""
        return self._url() if self._before else ""

    def _url(self, **parameters: int | str) -> str:
        return tab_address(self._lead.pk, JobDetails.key, urlencode(parameters), list_address=self._list)


def _run_number(text: str) -> int:
    """Return the number of a run, or 0, which no run has, for text that is none."""
    try:
        number = parse_id(text)
    except ValueError:
        return 0
    return number if number <= LARGEST_RUN_NUMBER else 0


def run_context(run: Event, who: Who, lead: Lead) -> dict[str, Any]:
    """Return the context of `processr/_run.html`."""
    explanation = explain(run)
    beside = jobs_beside(who, lead, run)
    lines = [_line_context(line, who, lead, beside.removed) for line in explanation.lines]
    return {
        "lead": lead,
        "state": _state(lead),
        "run": run,
        "explanation": explanation,
        "score": _score_context(explanation),
        "first": sorted((line for line in lines if line["kind"] in (OutcomeKind.FAILED, OutcomeKind.ERROR)), key=_failed_first),
        "folded": [
            {"heading": "Passed", "lines": [line for line in lines if line["kind"] is OutcomeKind.PASSED]},
            {
                "heading": "Not run",
                "lines": [
                    *(line for line in lines if line["kind"] is OutcomeKind.SKIPPED),
                    *_lines_not_run(beside.not_run),
                ],
            },
        ],
        "integrations": beside.integrations,
        "deliveries": DELIVERIES if lead_tabs.get(DELIVERIES) else "",
        "for_valid": [_line_context(line, who, lead, beside.removed) for line in explanation.for_valid],
        "for_caution": [line.job.label for line in explanation.for_caution],
        "verdict": (explanation.status.value, explanation.status.label),
    }


def _context_without_run(who: Who, lead: Lead, *, unknown: str) -> dict[str, Any]:
    """Return the context for a lead that no run has reached, or for a number that no run has."""
    not_run = [] if unknown else _lines_not_run(jobs_beside(who, lead, None).not_run)
    return {"lead": lead, "state": _state(lead), "run": None, "unknown": unknown, "folded": [{"heading": "Not run", "lines": not_run}]}


def _state(lead: Lead) -> dict[str, Any] | None:
    """Return how it stands with a lead that is under way or on hold; None for one that is complete."""
    if lead.processr_status not in STATES:
        return None
    status = shown_status(lead)
    words = (status.hold.words if status.hold else "") or STATES[lead.processr_status]
    return {"badge": display.processr_badge(status), "words": words}


def _score_context(explanation: Explanation) -> dict[str, Any]:
    """Return the context of `leads/_score.html`."""
    judgement, threshold = explanation.judgement, explanation.plan.threshold
    share = percentage(judgement.score, judgement.max_score)
    return {
        "score": judgement.score,
        "max_score": judgement.max_score,
        "share": share,
        "here": min(98.5, share),
        "threshold": threshold,
        "above": 100 - threshold,
        "hardfail": judgement.hardfail,
    }


def _failed_first(line: Mapping[str, Any]) -> int:
    """Return the place of a line by what it did: hard fails, other failures, and then what could not be checked."""
    if line["kind"] is OutcomeKind.ERROR:
        return 2
    return 0 if line["hardfail"] else 1


def _line_context(line: ExplainedJob, who: Who, lead: Lead, removed: Collection[int]) -> dict[str, Any]:
    """Return one job's line. The value that a job saw is personal data, so it is masked for users who may not read values."""
    return {
        "kind": line.outcome.kind,
        "number": line.number,
        "label": line.job.label,
        "hardfail": line.job.hardfail,
        "is_removed": line.job.id in removed and line.number is not None,
        "rule": line.rule,
        "is_long": len(line.rule) > LONG_RULE,
        "group": line.group,
        "conditions": line.conditions,
        "badge": BADGES[line.outcome.kind],
        "reason": line.outcome.reason,
        "counts_as": COUNTS_AS[Job.OnError(line.job.on_error)] if line.could_not_check else "",
        "field": line.outcome.field,
        "value": privacy.shown_value(who, lead, line.outcome.field, line.outcome.value),
        "points": line.step.earned,
        "of": line.step.possible,
        "could_not_check": line.could_not_check,
    }


def _lines_not_run(jobs: Iterable[JobNotRun]) -> list[dict[str, Any]]:
    kind = OutcomeKind.SKIPPED
    return [
        {"kind": kind, "number": job.id, "label": job.label, "hardfail": job.hardfail, "badge": BADGES[kind], "reason": job.reason}
        for job in jobs
    ]


@require_GET
@role_required(SEES_RUNS)
def lead_run(request: UserRequest, pk: int, number: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    run = get_object_or_404(with_plans(runs_for(request.user, lead)), run_number=number)
    viewing.record_view(request.user, lead, actor=actor_of(request))
    return render(request, "processr/run.html", {"lead": lead, "tab": run_context(run, request.user, lead)})
