"""The preview before Save: what will change, what will not and why, and what comes of it."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.models import Run
from config.core.tabular.csv_writer import csv_download
from leads import bulk, privacy
from leads.bulk import drafts, forecast, type_of
from leads.bulk.actions import MarkDelivered, MarkUndelivered, Reprocess
from leads.bulk.undo import OPEN_FOR, Undo
from leads.models import BulkForecast
from leads.statuses import CurrentStatus, DeliveryStatus
from leads.views.action_leads import LISTED, rows_of
from leads.views.wizard.access import PREVIEW, STEPS, Wizard, of_own_draft

WORDS = {**dict(CurrentStatus.choices), **dict(DeliveryStatus.choices)}


@require_http_methods(["GET", "POST"])
@of_own_draft
def flag_manage_preview(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Show the preview, and Save. One that is still made is asked for every second."""
    made = forecast.forecast_of(wizard.draft)
    if request.method == "POST":
        return _save(request, wizard)
    if made is None:
        if wizard.is_undo:
            return redirect("bulk_action", pk=wizard.draft.undoes_id)
        return redirect(STEPS[wizard.reached - 1][0], pk=wizard.draft.pk)
    context: dict[str, Any] = {"wizard": wizard, "steps": wizard.steps(PREVIEW), "run": made, "type": type_of(wizard.draft)}
    if made.state == Run.State.DONE:
        context |= _content(wizard, made)
    template = "leads/wizard/_preview.html" if request.htmx else "leads/wizard/preview.html"
    response = render(request, template, context)
    if request.htmx:
        response["X-Sluice-Fragment"] = "1"
    return response


@require_POST
@of_own_draft
def flag_manage_preview_again(_request: UserRequest, wizard: Wizard) -> HttpResponse:
    """Make the preview once more, by what the leads are now."""
    forecast.make_forecast(wizard.draft)
    return redirect(PREVIEW, pk=wizard.draft.pk)


@require_GET
@of_own_draft
def flag_manage_skipped(request: UserRequest, wizard: Wizard) -> HttpResponse:
    """List the leads that will be skipped for a reason, or those that will change if none is named."""
    reason = request.GET.get("reason", "")
    made = forecast.forecast_of(wizard.draft)
    if made is None or made.state != Run.State.DONE:
        raise Http404
    preview = forecast.preview_of(made)
    count = preview.skipped.get(reason, 0) if reason else preview.moved
    if not count:
        raise Http404
    ids = forecast.skipped_ids(wizard.draft, reason) if reason else forecast.moved_ids(wizard.draft)
    context = {"wizard": wizard, "reason": reason, "count": count, "rows": rows_of(request.user, list(islice(ids, LISTED)))}
    return render(request, "leads/wizard/skipped.html", context)


@require_GET
@of_own_draft
def flag_manage_skipped_file(_request: UserRequest, wizard: Wizard) -> StreamingHttpResponse:
    """Download all leads that will be skipped, with the reasons."""

    def rows() -> Iterator[list[str]]:
        yield ["Lead ID", "Why"]
        made = forecast.forecast_of(wizard.draft)
        for reason in sorted(forecast.preview_of(made).skipped) if made else ():
            yield from ([str(pk), reason] for pk in forecast.skipped_ids(wizard.draft, reason))

    return csv_download(f"skipped-{wizard.draft.pk}.csv", rows())


def _save(request: UserRequest, wizard: Wizard) -> HttpResponse:
    try:
        action = bulk.run_if_few(drafts.start(wizard.draft, actor=actor_of(request)))
    except DomainError as refusal:
        messages.error(request, f"Nothing was changed. {refusal.message}")
        return redirect(PREVIEW, pk=wizard.draft.pk)
    return redirect("bulk_action", pk=action.pk)


def _content(wizard: Wizard, made: BulkForecast) -> dict[str, Any]:
    preview = forecast.preview_of(made)
    sees_money = privacy.sees_money(wizard.user)
    return {
        "preview": preview,
        "sees_money": sees_money,
        "reasons": preview.skipped.most_common(),
        "changes": [
            (label, WORDS.get(before, before), WORDS.get(after, after), n)
            for label, counts in (("Current Status", preview.statuses), ("Delivery", preview.deliveries))
            for (before, after), n in counts.most_common()
            if before != after
        ],
        "billed": forecast.billed_by(made) if sees_money else [],
        "caps": forecast.caps_of(made) if sees_money else [],
        "without_slot": preview.without_slot if sees_money else 0,
        "lines": preview.lines.most_common() if privacy.sees_deliveries(wizard.user) else [],
        "final": _what_is_final(wizard, preview),
    }


def _what_is_final(wizard: Wizard, preview: bulk.BulkPreview) -> list[str]:
    """Return what an undo would not take back, in sentences."""
    bulk_type = type_of(wizard.draft)
    if wizard.is_undo:
        return ["An undo cannot be undone."]
    if bulk_type.key == Reprocess.key:
        delivered = preview.deliveries[DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED]
        sent = (
            f"{delivered:,} {'is' if delivered == 1 else 'are'} delivered already: what an integration has sent is not sent again, "
            "but a lead that was marked as Delivered by hand is sent if it is Valid after its run."
        )
        waiting = "What waits to be sent, files too, is withdrawn now, and queued again for each lead that is Valid after its run."
        return [
            "It cannot be undone: the jobs run once more, and what is billed then follows from their result.",
            *([waiting] if any(line.startswith("Waiting for ") for line in preview.lines) else []),
            *([sent] if delivered else []),
        ]
    if Undo.refusal_for(wizard.user):
        return ["You cannot undo it: your role has no Undo."]
    sentences = [f"It can be undone for {OPEN_FOR.days} days, for leads that nothing has changed since."]
    if any(line.startswith("Queued for") or "queued once more" in line for line in preview.lines):
        sentences.append("What has been sent to an integration by then cannot be taken back.")
    if bulk_type.key in (MarkDelivered.key, MarkUndelivered.key) and preview.lines:
        sentences.append("Deliveries that are withdrawn are queued again by an undo, unless they were sent meanwhile.")
    return sentences
