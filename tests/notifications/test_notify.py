"""Notifications to people: one at a time for each thing, counted, and deleted after their time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.core import tasks
from config.core.accounts import roles
from config.core.models import Notification
from config.core.notifications import notify
from config.core.notifications.service import mark_read, unread_count
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def texts(user) -> list[str]:
    return list(user.notifications.order_by("-at").values_list("text", flat=True))


def test_each_of_the_users_gets_their_own(ann):
    bob = make_user(roles.AGENCY)
    notify([ann, bob], "bulk_action", "312 leads queued", key="action 1", url="/v2/leads/actions/1")
    assert (texts(ann), texts(bob)) == (["312 leads queued"], ["312 leads queued"])


def test_the_same_thing_said_again_takes_the_place_of_what_is_unread(ann):
    notify([ann], "bulk_action", "CRM refused 1 lead", key="crm")
    notify([ann], "bulk_action", "Something else", key="other")
    notify([ann], "bulk_action", "CRM refused 40 leads", key="crm")
    assert texts(ann) == ["CRM refused 40 leads", "Something else"]


def test_what_was_read_is_not_changed_by_what_comes_later(ann):
    notify([ann], "bulk_action", "CRM refused 1 lead", key="crm")
    mark_read(ann.notifications.all())
    notify([ann], "bulk_action", "CRM refused 40 leads", key="crm")
    assert texts(ann) == ["CRM refused 40 leads", "CRM refused 1 lead"]
    assert unread_count(ann) == "1"


def test_nobody_who_may_not_sign_in_is_told_anything(ann):
    type(ann).objects.filter(pk=ann.pk).update(is_active=False)
    ann.refresh_from_db()
    notify([ann], "bulk_action", "312 leads queued", key="action 1")
    assert texts(ann) == []


def test_an_unknown_kind_is_refused(ann):
    with pytest.raises(ValueError, match="no kind of notifications 'gossip'"):
        notify([ann], "gossip", "Have you heard?", key="x")


@pytest.mark.parametrize(("n", "shown"), [(0, ""), (1, "1"), (99, "99"), (100, "99+")])
def test_the_bell_counts_to_ninety_nine(ann, n, shown):
    Notification.objects.bulk_create(Notification(user=ann, kind="bulk_action", key=str(i), text="x") for i in range(n))
    assert unread_count(ann) == shown


def test_counting_reads_the_index_of_what_is_unread_and_no_more_than_a_hundred_rows(ann):
    """The user has 5,000 that are read and 5,000 that are not."""
    read = timezone.now()
    Notification.objects.bulk_create(
        Notification(user=ann, kind="bulk_action", key=str(i), text="x", read_at=read if i % 2 else None) for i in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_notification")
        with CaptureQueriesContext(connection) as asked:
            assert unread_count(ann) == "99+"
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {asked[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor)
    assert len(asked) == 1
    assert "using notification_unread_once" in plan, plan
    assert "rows=100 " in plan, plan


def test_old_ones_are_forgotten_whether_read_or_not(ann):
    for key, days in (("old", 91), ("young", 89)):
        notify([ann], "bulk_action", key, key=key)
        Notification.objects.filter(key=key).update(at=timezone.now() - timedelta(days=days))
    tasks.forget_expired()
    assert texts(ann) == ["young"]


@pytest.mark.django_db(transaction=True)
def test_two_who_say_the_same_at_once_say_it_once(ann):
    assert at_once(*[lambda: notify([ann], "bulk_action", "CRM refuses", key="crm")] * 4) == []
    assert texts(ann) == ["CRM refuses"]
