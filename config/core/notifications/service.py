"""Writing notifications, reading those of a user, and marking them as read."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from config.core.background.notify import notify_workers
from config.core.extension_points import notification_kinds
from config.core.lists.pagination import count_capped
from config.core.models import Notification, Run, User

UNREAD_CAP = 99
"""The number up to which unread notifications are counted."""
QUEUE, TASK = "mail", "config.core.tasks.send_notification_mail"


@transaction.atomic
def notify(users: Iterable[User], kind: str, text: str, *, key: str, url: str = "") -> None:
    """Notify the active ones of the users, and send them an e-mail after the commit where they want one.

    As long as a notification with the same key is unread, the new one takes its place and is not mailed again. `url` is
    a path of this site. Raises ValueError for an unknown kind.
    """
    if notification_kinds.get(kind) is None:
        raise ValueError(f"There is no kind of notifications {kind!r}.")
    recipients = {user.pk: user for user in users if user.is_active}
    unread = Notification.objects.filter(user__in=recipients, key=key, read_at=None)
    repeated = set(unread.select_for_update(no_key=True).order_by("pk").values_list("user", flat=True))
    unread.filter(user__in=repeated).update(kind=kind, text=text, url=url, at=Now())
    added = [
        Notification(user=user, kind=kind, key=key, text=text, url=url, mail_due_at=timezone.now() if wants_mail(user, kind) else None)
        for pk, user in recipients.items()
        if pk not in repeated
    ]
    Notification.objects.bulk_create(added, ignore_conflicts=True)  # a conflict: another transaction has just said the same
    if any(notification.mail_due_at for notification in added):
        notify_workers(QUEUE, "notifications", TASK)


def notify_of_end(run: Run, kind: str, *, work: str, result: str, url: str, error: str = "") -> None:
    """Notify the user who started the run of its end. Call it in the transaction that ends the run."""
    if run.started_by is None:
        return
    if error:
        text = f"{work} has failed. {error} Before that: {result}."
    elif run.state == Run.State.STOPPED:
        text = f"{work} was stopped: {result}."
    else:
        text = f"{work} is complete: {result}."
    notify([run.started_by], kind, text, key=f"{kind} {run.pk}", url=url)


def wants_mail(user: User, kind: str) -> bool:
    return bool(user.is_active and user.email and kind in user.mailed_kinds)


def unread_count(user: User) -> str:
    """Return the number of unread notifications as text: empty for none, "99+" for many."""
    n, exact = count_capped(user.notifications.filter(read_at=None), UNREAD_CAP)
    return f"{n if exact else f'{n}+'}" if n else ""


def mark_read(notifications: QuerySet[Notification]) -> int:
    """Mark the unread ones as read, which also ends the attempts to mail them. Return how many they were."""
    return notifications.filter(read_at=None).update(read_at=Now(), mail_due_at=None)
