"""Status badges: always icon, word and colour, and the reasons where there are some."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class BadgeStyle:
    icon: str
    colour: str


BADGE_STYLES = {
    "valid": BadgeStyle("check-circle-fill", "valid"),
    "caution": BadgeStyle("exclamation-triangle-fill", "caution"),
    "invalid": BadgeStyle("x-circle-fill", "invalid"),
    "test": BadgeStyle("flask-fill", "test"),
    "pending": BadgeStyle("clock", "pending"),
    "waiting": BadgeStyle("clock", "pending"),
    "processing": BadgeStyle("arrow-repeat", "held"),
    "held": BadgeStyle("pause-circle-fill", "held"),
    "complete": BadgeStyle("check2-all", "pending"),
    "delivered": BadgeStyle("arrow-up-right-circle-fill", "accent"),
    "not_delivered": BadgeStyle("arrow-up-right-circle", "pending"),
    "billable": BadgeStyle("coin", "billable"),
    "not_billable": BadgeStyle("dash-circle", "pending"),
    "active": BadgeStyle("play-circle-fill", "valid"),
    "paused": BadgeStyle("pause-circle-fill", "held"),
    "ended": BadgeStyle("stop-circle", "pending"),
    "inactive": BadgeStyle("circle", "pending"),
    "setup_required": BadgeStyle("tools", "caution"),
    "failed": BadgeStyle("x-circle-fill", "invalid"),
    "running": BadgeStyle("arrow-repeat", "held"),
    "queued": BadgeStyle("clock", "pending"),
    "done": BadgeStyle("check-circle-fill", "valid"),
    "stopped": BadgeStyle("stop-circle", "pending"),
}
PLAIN_STYLE = BadgeStyle("circle", "pending")


def badge(kind: str, word: str, *, reasons: Collection[str] = (), heading: str = "", key: object = "") -> SafeString:
    """Render a status badge. A badge with reasons needs a `key` that is unique on the page, such as row id and column."""
    if not reasons and not heading:
        return _plain_badge(kind, word)
    return _rendered(kind, word, reasons=reasons, heading=heading, key=f"reasons-{key}")


@lru_cache(maxsize=256, typed=True)  # a text that is safe already is another one
def _plain_badge(kind: str, word: str) -> SafeString:
    """Return a badge without reasons, which is the same on every row."""
    return _rendered(kind, word)


def _rendered(kind: str, word: str, **more: object) -> SafeString:
    return render_to_string("core/_status.html", {"style": BADGE_STYLES.get(kind, PLAIN_STYLE), "word": word, **more})
