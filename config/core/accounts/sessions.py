"""Ending the sessions of a user who is deactivated, so that none is valid after a reactivation."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.core.models import User

READ_AT_ONCE = 500


def end_all_of(user: User) -> int:
    """Delete the user's sessions and return their number.

    A session row does not name its user, so all unexpired sessions are decoded.
    """
    unexpired = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=READ_AT_ONCE)
    keys = [session.pk for session in unexpired if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    deleted, _ = Session.objects.filter(pk__in=keys).delete()
    return deleted
