from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.core.models.names import NameField


class SavedTable(models.Model):
    """A view of a list: its columns, order, filter and rows a page. The one without a name is the user's own table (decision 56)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_tables")
    table = models.CharField(max_length=40, help_text="The table's own key, not its class name: a rename must lose nothing.")
    name = NameField(max_length=80, blank=True)
    columns = models.JSONField(default=list)
    order = models.CharField(max_length=60, blank=True)
    filter = models.JSONField(default=dict, help_text="Parameters of the list's address, each with its values.")
    per_page = models.PositiveSmallIntegerField(default=50)
    shared_with = ArrayField(models.CharField(max_length=20), default=list, blank=True, help_text="Roles whose users see it.")
    agency = models.BigIntegerField(null=True, blank=True, help_text="The agency whose users alone see it; the core knows its id only.")
    is_default = models.BooleanField(default=False, help_text="Opened when its user opens the list without any parameter.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "table", "name"], name="saved_table_once"),
            models.UniqueConstraint(fields=["user", "table"], condition=Q(is_default=True), name="saved_table_one_default"),
            models.CheckConstraint(condition=~Q(name="", is_default=True), name="saved_table_default_is_named"),
            models.CheckConstraint(condition=Q(shared_with=[]) | ~Q(name=""), name="saved_table_shared_is_named"),
        ]
        indexes = [models.Index(fields=["table", "name"], condition=~Q(shared_with=[]), name="saved_table_shared")]

    def __str__(self) -> str:
        return f"{self.table}: {self.name or 'own'}"

    @property
    def is_shared(self) -> bool:
        return bool(self.shared_with)
