"""The tabs Processr Logs and Provider Logs of a lead: the steps of its runs, and the exact exchanges about it, in the order of time."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.safestring import SafeString

from campaigns.scope import Who
from config.core.actor import Actor
from config.core.forms.layout import Fields, SideBySide
from config.core.forms.page_form import PageForm
from config.core.lists import times
from config.core.lists.markup import markup
from config.core.lists.pagination import BadPosition
from leads import privacy
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.views.list_address import LIST, tab_address
from processr.engine import call_log, step_log
from processr.engine.call_log import CallQuery
from processr.engine.step_log import Place, RunStep, StepQuery
from processr.job_types.outcomes import BADGES
from processr.models import Event
from processr.selectors import runs_for
from processr.services.log_reading import record_reading
from processr.views.exchange_text import readable

LONGEST_SEARCH = 100
LARGEST_RUN_NUMBER = 2**31 - 1
RUNS_OFFERED = 25
"""The newest runs, which the search of a log is narrowed to by choice; an older one by its address."""
OPEN_AT_MOST = 600
"""The number of characters up to which a message is shown without being opened."""
OUTCOMES = {
    Event.Conclusion.SUCCESS: ("valid", "Success"),
    Event.Conclusion.FAILURE: ("invalid", "Failure"),
    Event.Conclusion.ERROR: ("caution", "Error"),
    Event.Conclusion.SKIP: ("pending", "Skip"),
}
KINDS = {Event.Kind.PROVIDER: "Provider call", Event.Kind.DELIVERY: "Delivery"}
NO_PLACE = "The address names no place in this log."


class SearchFields(SideBySide):
    """Fields of a search, of which each may be left empty: that is not said of each."""

    demanded = True


class LogSearch(PageForm):
    text = forms.CharField(label="Search", required=False, max_length=LONGEST_SEARCH, widget=forms.TextInput(attrs={"type": "search"}))

    def __init__(self, who: Who, lead: Lead, query: QueryDict) -> None:  # noqa: ARG002  (for subclasses)
        super().__init__(query, auto_id="log-%s")

    @property
    def filters(self) -> dict[str, Any]:
        """The filters that are set, by name, for addresses of further pages."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


class StepSearch(LogSearch):
    layout = Fields(SearchFields("text", "run", "outcome"))

    run = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_RUN_NUMBER, widget=forms.Select)
    outcome = forms.ChoiceField(required=False, choices=[("", "Any"), *((kind.value, label) for kind, (_, label) in BADGES.items())])

    def __init__(self, who: Who, lead: Lead, query: QueryDict) -> None:
        super().__init__(who, lead, query)
        newest = dict(runs_for(who, lead).values_list("run_number", "started_at")[:RUNS_OFFERED])
        choices = [("", "Any"), *((number, f"{number}, {times.short(at)}") for number, at in newest.items())]
        asked = query.get("run", "").strip()
        if asked and asked not in map(str, newest):  # an older one, from an address
            choices.append((asked, asked[:LONGEST_SEARCH]))
        self.fields["run"].widget.choices = choices


class CallSearch(LogSearch):
    layout = Fields(SearchFields("text", "outcome"))

    outcome = forms.ChoiceField(required=False, choices=[("", "Any"), *((kind.value, label) for kind, (_, label) in OUTCOMES.items())])


class LogTab(LeadTab):
    """A log of a lead: what both have besides their rows, such as the search, and the ways to the beginning and to the next page."""

    search: ClassVar[type[LogSearch]]

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        form = self.search(who, lead, query)
        shown: dict[str, Any] = {"lead": lead, "key": self.key, "form": form, "is_filtered": True, "rows": []}
        if not form.is_valid():
            return shown
        shown["is_filtered"] = bool(form.filters)
        try:
            return shown | self.page(who, lead, form, query)
        except BadPosition:
            return shown | {"refusal": NO_PLACE, "beginning": self.address(lead, query, form.filters)}

    def page(self, who: Who, lead: Lead, form: LogSearch, query: QueryDict) -> dict[str, Any]:
        """Return the context of a page. Raises BadPosition where the query names no place in the log."""
        raise NotImplementedError

    def address(self, lead: Lead, query: QueryDict, parameters: dict[str, Any] | None = None) -> str:
        """Return the address of the tab with these parameters and the list that the query names."""
        return tab_address(lead.pk, self.key, urlencode(parameters or {}), list_address=query.get(LIST, ""))

    def ways(self, lead: Lead, form: LogSearch, query: QueryDict, *, after: object, is_cut: bool) -> dict[str, Any]:
        """Return the ways on from a page behind which there is more `after` a position, if it is not None."""
        return {
            "next_page": self.address(lead, query, {**form.filters, "after": after}) if after else "",
            "is_cut": is_cut,
            "beginning": self.address(lead, query, form.filters) if query.get("after") else "",
        }


@lead_tabs.register
class ProcessrLogs(LogTab):
    key = "processr_logs"
    template = "processr/_processr_logs.html"
    search = StepSearch

    def page(self, who: Who, lead: Lead, form: LogSearch, query: QueryDict) -> dict[str, Any]:
        after, found = query.get("after"), form.cleaned_data
        place = Place.parse(after) if after else Place()
        page = step_log.page_of(lead, StepQuery(found["text"], found["run"], found["outcome"], place))
        rows = [_step_row(step, who, lead) for step in page.steps]
        return {"rows": rows, **self.ways(lead, form, query, after=page.after, is_cut=page.is_cut)}


@lead_tabs.register
class ProviderLogs(LogTab):
    """The exact exchanges cannot be masked, so few users may read them (decision 20), and each reading is recorded."""

    key = "provider_logs"
    template = "processr/_provider_logs.html"
    search = CallSearch

    def record_reading(self, actor: Actor, lead: Lead) -> None:
        record_reading(actor, lead)

    def page(self, who: Who, lead: Lead, form: LogSearch, query: QueryDict) -> dict[str, Any]:  # noqa: ARG002  (read as it is)
        after, whole, found = query.get("after"), query.get("call"), form.cleaned_data
        if whole:
            call = call_log.call_of(lead, call_log.parse_event_id(whole))
            if call is None:
                return {"refusal": "The lead has no such call.", "beginning": self.address(lead, query)}
            return {"rows": [_call_row(call, is_whole=True)], "beginning": self.address(lead, query)}
        place = call_log.parse_event_id(after) if after else call_log.FIRST
        page = call_log.page_of(lead, CallQuery(found["text"], found["outcome"], place))
        rows = [_call_row(call, whole=self.address(lead, query, {"call": call.pk})) for call in page.calls]
        return {"rows": rows, **self.ways(lead, form, query, after=page.after, is_cut=page.is_cut)}


def _step_row(step: RunStep, who: Who, lead: Lead) -> dict[str, Any]:
    """Return a step's row. The value that a job saw is masked for users who may not read values, and never searched."""
    row = step.row
    return {
        "at": _clock(step.at),
        "run": step.event.run_number,
        "label": row["label"],
        "number": row["job"],
        "badge": BADGES[step.outcome],
        "reason": row["reason"],
        "field": row["field"],
        "value": privacy.shown_value(who, lead, row["field"], row["value"]),
        "points": row["points"],
        "of": row["of"],
        "took": duration(row["took"]),
    }


def _call_row(call: Event, *, whole: str = "", is_whole: bool = False) -> dict[str, Any]:
    """Return a call's row. A message that the page has not read as a whole is opened at its address, `whole`."""
    event: Any = call  # with what the query adds
    size = len(call.message.encode()) if is_whole else event.size
    text = call.message if is_whole else event.beginning
    is_cut = len(text.encode()) < size
    shown = readable(text, answer_at=call.source.get("answer_at"))
    return {
        "id": call.pk,
        "at": _clock(call.started_at),
        "label": event.label or "",
        "number": call.job_id,
        "kind": KINDS[Event.Kind(call.kind)],
        "run": call.run_number,
        "badge": OUTCOMES[Event.Conclusion(call.outcome)],
        "reason": call.reason,
        "took": duration(call.duration_ms),
        "message": shown,
        "size": filesizeformat(size),
        "is_long": len(shown) > OPEN_AT_MOST and not is_whole,
        "whole": whole if is_cut else "",
    }


def _clock(moment: datetime) -> SafeString:
    """Return the time to a thousandth of a second: the steps of a run differ in little else."""
    local = timezone.localtime(moment)
    text = f"{times.day(local.date())}, {local:%H:%M:%S}.{local.microsecond // 1000:03}"
    return markup('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), times.exact(moment), text)


def duration(milliseconds: float) -> str:
    """Return 0.4 as “0.4 ms”, 12 as “12 ms” and 1,200 as “1.2 s”."""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:,.1f} s"
    if 0 < milliseconds < 0.1:
        return "< 0.1 ms"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 or milliseconds == int(milliseconds) else f"{milliseconds:.1f} ms"
