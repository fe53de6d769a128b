"""Times in short form: “14:02” today, “19 Nov” this year; the exact time and its zone on hover."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from config.core.lists.markup import markup


def short(moment: datetime, *, now: datetime | None = None) -> str:
    return _short(timezone.localtime(moment), timezone.localtime(now).date())


def _short(local: datetime, today: date) -> str:
    return f"{local:%H:%M}" if local.date() == today else day(local, today=today)


def day(value: date, *, today: date | None = None) -> str:
    year = (today or timezone.localdate()).year
    return f"{value.day} {value:%b}" if value.year == year else f"{value.day} {value:%b %Y}"


def exact(moment: datetime) -> str:
    return _exact(timezone.localtime(moment))


def _exact(local: datetime) -> str:
    return f"{local.day} {local:%b %Y, %H:%M:%S} {local.tzname()}"


def tag(moment: datetime | None) -> SafeString | str:
    if moment is None:
        return "—"
    zone = timezone.get_current_timezone()  # asked for once: a page has a time in every row
    local, today = moment.astimezone(zone), timezone.now().astimezone(zone).date()
    return markup('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), _exact(local), _short(local, today))
