"""Status badges: always icon, word and colour, and the reasons where there are some."""

from collections.abc import Collection
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Look:
    icon: str
    colour: str


LOOKS = {
    "valid": Look("check-circle-fill", "valid"),
    "caution": Look("exclamation-triangle-fill", "caution"),
    "invalid": Look("x-circle-fill", "invalid"),
    "test": Look("flask-fill", "test"),
    "pending": Look("clock", "pending"),
    "waiting": Look("clock", "pending"),
    "processing": Look("arrow-repeat", "held"),
    "held": Look("pause-circle-fill", "held"),
    "complete": Look("check2-all", "pending"),
    "delivered": Look("arrow-up-right-circle-fill", "accent"),
    "not_delivered": Look("arrow-up-right-circle", "pending"),
    "billable": Look("coin", "billable"),
    "not_billable": Look("dash-circle", "pending"),
    "active": Look("play-circle-fill", "valid"),
    "paused": Look("pause-circle-fill", "held"),
    "ended": Look("stop-circle", "pending"),
    "inactive": Look("circle", "pending"),
    "setup_required": Look("tools", "caution"),
    "failed": Look("x-circle-fill", "invalid"),
    "running": Look("arrow-repeat", "held"),
    "queued": Look("clock", "pending"),
    "done": Look("check-circle-fill", "valid"),
    "stopped": Look("stop-circle", "pending"),
}
PLAIN = Look("circle", "pending")


def badge(kind: str, word: str, *, reasons: Collection[str] = (), heading: str = "", key: object = "") -> SafeString:
    """Render a status badge. A badge with reasons needs a `key` that is unique on the page, such as row id and column."""
    context = {"look": LOOKS.get(kind, PLAIN), "word": word, "reasons": reasons, "heading": heading, "key": f"reasons-{key}"}
    return render_to_string("core/_status.html", context)
