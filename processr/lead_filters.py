"""The filter of leads by the jobs that they failed, which people know by their labels."""

from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from typing_extensions import override

from config.core.lists.check_list import CheckList
from config.core.lists.parameters import EQUALS, NOT
from config.core.pg_text import is_storable
from leads.columns.filter_parts import ColumnFilter
from leads.extension_points import LeadFilter, lead_filters
from processr.models import Job
from processr.selectors import jobs_ever_for

LABELS_AT_MOST = 200


class LabelsField(forms.Field):
    """Some of the labels that jobs have, written in any case."""

    def __init__(self, jobs: QuerySet[Job], *, chosen: Iterable[str], label: str) -> None:
        super().__init__(widget=CheckList(choices=lambda: _choices(jobs, chosen)), label=label, required=False)
        self.jobs = jobs

    def to_python(self, value: Iterable[str] | None) -> list[str]:
        labels = list(dict.fromkeys(value or ()))
        if not all(map(is_storable, labels)):
            raise forms.ValidationError("A label holds characters that are not text.")
        known = self._known(labels)
        if unknown := [label for label in labels if not known[label]]:
            raise forms.ValidationError(f"No job that you see is called “{unknown[0][:120]}”.")
        return list(dict.fromkeys(stored for label in labels for stored in known[label]))

    def bound_data(self, data: Iterable[str] | None, initial: Any) -> list[str]:  # noqa: ARG002  (Django's signature)
        """Return the labels as jobs have them, so that their boxes are ticked."""
        labels = [label for label in data or () if is_storable(label)]
        known = self._known(labels)
        return [stored for label in labels for stored in known[label] or [label]]

    def _known(self, labels: Collection[str]) -> dict[str, list[str]]:
        """Return the labels of jobs that each of these is, in whatever case."""
        if not labels:
            return {}
        same = reduce(or_, (Q(label__iexact=label.strip()) for label in labels))
        stored = list(self.jobs.filter(same).order_by("label").values_list("label", flat=True).distinct())
        return {label: [name for name in stored if name.casefold() == label.strip().casefold()] for label in labels}


class FailedJobFilter(ColumnFilter):
    """The leads that failed a job of one of these labels in their last run, on whichever campaign.

    An index of the ids serves those that failed one. It does not serve *not*, which is bounded.
    """

    operators = (EQUALS, NOT)

    def __init__(self) -> None:
        super().__init__("failed_jobs", label="Failed Jobs")

    def make_field(self) -> forms.Field:
        return LabelsField(self._jobs(), chosen=self.parent.given(self.parameter), label=self.label)

    @override
    def equal_to(self, value: list[str]) -> Q:
        ids = list(self._jobs().filter(label__in=value).values_list("pk", flat=True).distinct())
        # The partial index is used only for queries that exclude empty lists.
        return Q(failed_jobs__overlap=ids) & ~Q(failed_jobs=[])

    def _jobs(self) -> QuerySet[Job]:
        campaign = self.parent.campaign
        jobs = jobs_ever_for(self.who).exclude(category=Job.Category.INTEGRATION)
        return jobs.filter(campaign=campaign) if campaign else jobs


def _choices(jobs: QuerySet[Job], chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Return the labels of present jobs, and those chosen."""
    labels = list(jobs.filter(removed_at=None).order_by("label").values_list("label", flat=True).distinct()[:LABELS_AT_MOST])
    offered = {label.casefold() for label in labels}
    return [(label, label) for label in dict.fromkeys([*labels, *(label for label in chosen if label.strip().casefold() not in offered)])]


lead_filters.register(LeadFilter("failed_job", FailedJobFilter(), "Status"))
