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
    running = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=READ_AT_ONCE)
    theirs = [session.pk for session in running if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    ended, _ = Session.objects.filter(pk__in=theirs).delete()
    return ended
