"""The one table of the floor."""

from django.db import models


class Row(models.Model):
    captured = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"row {self.pk}"
