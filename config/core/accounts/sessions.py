"""Ending the sessions of a person who is switched off, so that none of them is good again later."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.core.models import User

READ_AT_ONCE = 500


def end_all_of(user: User) -> int:
    """Returns how many. Sessions do not say whose they are: all of today's are read."""
    running = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=READ_AT_ONCE)
    theirs = [session.pk for session in running if session.get_decoded().get(SESSION_KEY) == str(user.pk)]
    ended, _ = Session.objects.filter(pk__in=theirs).delete()
    return ended
