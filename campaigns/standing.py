"""Whether campaigns are active, as a condition over rows: the same rule as `selectors.campaign_status`, which a test holds together."""

from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce


def is_active(now: datetime) -> Q:
    extension = ExpressionWrapper(F("end_extension") * timedelta(days=1), output_field=DurationField())
    signed_and_running = Q(signed_at__isnull=False, start__lte=now) & (Q(paused_at__isnull=True) | Q(paused_at__gt=now))
    not_over = Q(end__isnull=True) | Q(end__gt=now - extension)
    has_room = Q(lead_volume__isnull=True) | Q(hold_over_delivery=True) | Q(lead_volume__gt=Coalesce(F("slots_taken"), 0))
    return signed_and_running & not_over & has_room
