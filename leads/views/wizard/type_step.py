"""The second step: what is to be done, and to how many of the leads each type can do it."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.core.accounts.requests import UserRequest
from leads.bulk import drafts, offers
from leads.views.wizard.access import CHOICE, PROCESSING, TYPE, Wizard, of_own_draft, show_step


@require_http_methods(["GET", "POST"])
@of_own_draft
def flag_manage_type(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Offer the types. One that can touch no lead is closed, and says why."""
    offered = offers.offers_for(wizard.draft, wizard.user)
    if request.method == "GET":
        return _show(request, wizard, offered)
    beside = offers.beside_for(wizard.user)
    chosen = next((offer for offer in (*offered, *beside) if offer.key == request.POST.get(CHOICE)), None)
    if chosen is None or (chosen.why_not and chosen not in beside):
        problem = f"{chosen.label}: {chosen.why_not}" if chosen else "Choose what to do with the leads."
        return _show(request, wizard, offered, problem=problem, status=422)
    if chosen.key != wizard.choice:
        drafts.save_answers(wizard.draft, {CHOICE: chosen.key})
    return redirect(PROCESSING, pk=wizard.draft.pk)


def _show(request: UserRequest, wizard: Wizard, offered: list[offers.TypeOffer], *, problem: str = "", status: int = 200) -> HttpResponse:
    chosen = wizard.choice or next((offer.key for offer in offered if not offer.why_not), "")
    beside = offers.beside_for(wizard.user)
    context = {"offers": offered, "beside": beside, "chosen": chosen, "problem": problem}
    return show_step(request, wizard, TYPE, "leads/wizard/type.html", **context, status=status)
