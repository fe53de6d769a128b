from django.conf import settings
from django.db import models

from config.core.models.names import NameField


class SavedTable(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_tables")
    table = models.CharField(max_length=40, help_text="The table's own key, not its class name: a rename must lose nothing.")
    name = NameField(max_length=80, blank=True)
    columns = models.JSONField(default=list)
    order = models.CharField(max_length=60, blank=True)
    filter = models.JSONField(default=dict)
    per_page = models.PositiveSmallIntegerField(default=50)
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "table", "name"], name="saved_table_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.name or 'own'}"
