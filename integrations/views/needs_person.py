"""The list of deliveries that need a person, which can be sent again or given up one by one or together."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.core.accounts.permissions import role_required
from config.core.actor import of
from config.core.lists.page import ListPage
from integrations import services
from integrations.models import Delivery
from integrations.selectors import SEES_DELIVERIES, needs_person
from integrations.views.filters import NeedsPersonFilters
from integrations.views.forms import GiveUpForm
from integrations.views.selection import BulkSelection, selection_of
from integrations.views.tables import CHOSEN, NeedsPersonTable


class NeedsPerson(ListPage):
    roles = SEES_DELIVERIES
    table_class, filterset_class = NeedsPersonTable, NeedsPersonFilters
    title, noun, icon = "Needs a person", ("delivery", "deliveries"), "person-exclamation"
    template_name, empty_template = "integrations/needs_person.html", "integrations/_none_in_need.html"
    bar_template = "integrations/_choose.html"

    def rows(self) -> QuerySet[Delivery]:
        return needs_person(self.request.user).select_related("job__campaign")

    def extra_context(self) -> dict[str, Any]:
        return {"form_id": CHOSEN}


@require_http_methods(["GET", "POST"])
@role_required(SEES_DELIVERIES)
def retry(request: HttpRequest) -> HttpResponse:
    """Send ticked deliveries again at once. All that match the filters are sent after a page that says how many they are."""
    chosen = selection_of(request)
    if chosen.problem:
        return _nothing_done(request, chosen)
    if request.method == "GET":
        return render(request, "integrations/retry.html", {"chosen": chosen})
    done = services.retry_all(chosen.rows, actor=of(request))
    _tell(request, chosen, done, "will be sent again")
    return _back(chosen)


@require_http_methods(["GET", "POST"])
@role_required(SEES_DELIVERIES)
def give_up(request: HttpRequest) -> HttpResponse:
    """Give deliveries up, after a page that says how many they are and asks for the reason.

    The list sends ticked deliveries by POST too, without a reason.
    """
    chosen = selection_of(request)
    if chosen.problem:
        return _nothing_done(request, chosen)
    is_sent = "reason" in request.POST
    form = GiveUpForm(request.POST if is_sent else None)
    if not is_sent or not form.is_valid():
        return render(request, "integrations/give_up.html", {"chosen": chosen, "form": form}, status=422 if is_sent else 200)
    done = services.give_up_all(chosen.rows, actor=of(request), reason=form.cleaned_data["reason"])
    _tell(request, chosen, done, "given up")
    return _back(chosen)


def _nothing_done(request: HttpRequest, chosen: BulkSelection) -> HttpResponseRedirect:
    messages.error(request, chosen.problem)
    return _back(chosen)


def _back(chosen: BulkSelection) -> HttpResponseRedirect:
    query = QueryDict(chosen.query[:2_000]).urlencode()
    return redirect(f"{reverse('needs_person')}?{query}" if query else "needs_person")


def _tell(request: HttpRequest, chosen: BulkSelection, done: services.Done, what: str) -> None:
    say = messages.success if done.ids else messages.warning
    say(request, in_words(done, what, unseen=chosen.unseen(done)))


def in_words(done: services.Done, what: str, *, unseen: int = 0) -> str:
    """Return a message such as “12 will be sent again; 2 skipped: no longer Valid.”"""
    reasons = Counter(done.refused.values()) + Counter({"not found": unseen})
    told = [f"{len(done.ids):,} {what}" if done.ids else f"None {what}"]
    if skipped := sum(reasons.values()):
        one = len(reasons) == 1
        why = ", ".join(reason if one else f"{n:,} {reason}" for reason, n in reasons.most_common())
        told.append(f"{skipped:,} skipped: {why}")
    more = f" There are more than the {services.AT_ONCE:,} that are dealt with at once: choose them again." if done.more else ""
    return f"{'; '.join(told)}.{more}"
