from django.conf import settings
from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """A message to one user. The row is also the queue of its e-mail: `mail_due_at` is the time of the next attempt."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=40, help_text="Key of a notification kind; never a choice list.")
    key = models.CharField(max_length=80, help_text="What it is about: one unread notification for each user and key.")
    text = models.TextField()
    url = models.CharField(max_length=500, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The constraint's index also counts the unread ones, for every page.
        constraints = [models.UniqueConstraint(fields=["user", "key"], condition=Q(read_at=None), name="notification_unread_once")]
        indexes = [
            models.Index(fields=["user", "at", "id"], name="notification_user"),
            models.Index(fields=["at"], name="notification_at"),
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="notification_mail"),
        ]

    def __str__(self) -> str:
        return self.text
