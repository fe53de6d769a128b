"""Tables that a user has arranged, and notifications for a user."""

from django.conf import settings
from django.db import models


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
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField()
    url = models.CharField(max_length=500, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="notification_user")]

    def __str__(self) -> str:
        return self.text
