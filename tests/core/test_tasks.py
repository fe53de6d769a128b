"""Periodic tasks of the core."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core import tasks
from config.core.models import AccessToken, IdempotencyKey, UserSession
from tests.cast import make_user

pytestmark = pytest.mark.django_db


def test_what_is_past_its_time_is_forgotten_in_portions_and_nothing_else(monkeypatch):
    monkeypatch.setattr(tasks, "FORGET_AT_ONCE", 2)
    _keys()
    _tokens()
    _sessions()
    assert tasks.forget_expired() == 5 + 2 + 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["fresh"]
    assert set(AccessToken.objects.values_list("digest", flat=True)) == {"good", "refreshable"}
    assert list(UserSession.objects.values_list("pk", flat=True)) == ["open"]


def _keys() -> None:
    for key in ("1", "2", "3", "4", "5", "fresh"):
        IdempotencyKey.objects.create(principal="campaign:1", key=key, request_sha256="")
    IdempotencyKey.objects.exclude(key="fresh").update(at=timezone.now() - tasks.KEYS_KEPT - timedelta(seconds=1))


def _tokens() -> None:
    user, past, ahead = make_user("admin"), timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    for digest, expires, refresh in (("good", ahead, None), ("refreshable", past, ahead), ("gone", past, None), ("long gone", past, past)):
        AccessToken.objects.create(user=user, digest=digest, refresh_digest=digest, expires_at=expires, refresh_expires_at=refresh)


def _sessions() -> None:
    for key, minutes in (("open", 1), ("over", -1)):
        UserSession.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(minutes=minutes))
