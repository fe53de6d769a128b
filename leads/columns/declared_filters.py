"""The filters of leads that are not those of one column."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import F, Func, Q, TextField
from django.db.models.expressions import Combinable

from campaigns.scope import Who
from config.core.ids import ids_in
from config.core.lists.parameters import EQUALS, PRESENCE
from leads import privacy
from leads.columns.bounded_filters import ChoicesFilter, ContentFilter
from leads.columns.filter_parts import ColumnFilter
from leads.extension_points import LeadFilter, lead_filters
from leads.models import FoundLead, FullSearch
from leads.selectors import full_searches_for
from leads.statuses import QaStatus


class FlagReasonFilter(ContentFilter):
    """The reason of the present flag. An index serves whole reasons as they are written.

    Reasons that the user may not read are found neither by what they are nor by what they are not.
    """

    operators = (EQUALS, *(operator for operator in ContentFilter.operators if operator != EQUALS))
    indexed = (EQUALS,)

    def __init__(self) -> None:
        super().__init__(lambda _: F("flag_reason"), label="Flag Reason")

    def equal_to(self, value: Any) -> Q:
        if self.operator == PRESENCE:
            return super().equal_to(value)
        if self.operator != EQUALS:
            return super().equal_to(value) & privacy.reads_reason(self.who)
        # The partial index is used only for queries that exclude what it leaves out.
        return Q(flag_reason__in=value) & ~Q(flag_reason="") & privacy.reads_reason(self.who)


class QaReasonFilter(ContentFilter):
    """Any reason of the last run, as the lead lists them: by what they contain, or how the first one begins."""

    def __init__(self) -> None:
        super().__init__(_qa_reasons, label="QA Reason")


def _qa_reasons(_: Who) -> Combinable:
    return Func(_QaReasons(F("qa_result")), function="coalesce", template="%(function)s(%(expressions)s, '')", output_field=TextField())


class _QaReasons(Func):
    template = "(%(expressions)s ->> 'qaReasons')"
    output_field = TextField()


class FullSearchField(forms.Field):
    """A search of the user's own, by its id."""

    def __init__(self, who: Who) -> None:
        super().__init__(label="Found By", required=False)
        self.who = who

    def to_python(self, value: str | None) -> FullSearch | None:
        found = full_searches_for(self.who).filter(pk__in=ids_in([value or ""])).first() if value else None
        if value and found is None:
            raise forms.ValidationError(f"You have no search “{value[:40]}”. Searches are kept for a week.")
        return found


class FoundFilter(ColumnFilter):
    """The leads that a search of the user's own has found."""

    def __init__(self) -> None:
        super().__init__(label="Found By")

    def make_field(self) -> forms.Field:
        return FullSearchField(self.who)

    def equal_to(self, value: FullSearch) -> Q:
        return Q(pk__in=FoundLead.objects.filter(search=value).values("lead_id"))

    def text_of(self, value: FullSearch) -> str:
        return f"search {value.pk} ({value.description})"


QA_STATUSES: Mapping[str, str] = {key: str(label) for key, label in QaStatus.choices}

for lead_filter in (
    LeadFilter("qa_status", ChoicesFilter(lambda _: "qa_status", label="QA Status", labels=QA_STATUSES, nothing="Not judged"), "Status"),
    LeadFilter("flag_reason", FlagReasonFilter(), "Status", is_personal=True),
    LeadFilter("qa_reason", QaReasonFilter(), "Status"),
    LeadFilter("found", FoundFilter(), "", is_personal=True),
):
    lead_filters.register(lead_filter)
