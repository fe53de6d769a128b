"""Tables that a user has arranged, and notifications for a user."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedTable(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_tables")
    table = models.CharField(max_length=40, help_text="The table's own key, not its class name: a rename must lose nothing.")
    name = models.CharField(max_length=80, blank=True)
    columns = models.JSONField(default=list)
    order = models.CharField(max_length=60, blank=True)
    filter = models.JSONField(default=dict)
    per_page = models.PositiveSmallIntegerField(default=50)
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "table", "name"], name="saved_table_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.name or 'own'}"


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
