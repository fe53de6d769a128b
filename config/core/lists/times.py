"""Times in short form: “14:02” today, “19 Nov” this year; the exact time and its zone on hover."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from config.core.lists.markup import markup


def short(moment: datetime, *, now: datetime | None = None) -> str:
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return day(local, today=today.date())


def day(value: date, *, today: date | None = None) -> str:
    year = (today or timezone.localdate()).year
    return f"{value.day} {value:%b}" if value.year == year else f"{value.day} {value:%b %Y}"


def exact(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {local.tzname()}"


def tag(moment: datetime | None) -> SafeString | str:
    if moment is None:
        return "—"
    return markup('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact(moment), short(moment))
