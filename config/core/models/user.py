"""The user model."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.core.accounts import roles
from config.core.accounts.manager import AccountManager
from config.core.models.names import NameField


class User(AbstractUser):
    """A person or a program with a log-in. Its permissions follow from the role and, below admin, from memberships."""

    name = NameField("full name", max_length=150)
    role = models.CharField(max_length=20, choices=list(roles.LABELS.items()), default=roles.REPORT)
    zone = models.CharField("time zone", max_length=64, blank=True, help_text="Times are shown in this zone; empty: the enterprise's.")
    can_delete_leads = models.BooleanField(default=False)
    can_manage_forms = models.BooleanField(default=True)
    can_manage_users = models.BooleanField(default=False)
    can_use_processr = models.BooleanField(default=True)
    can_see_provider_logs = models.BooleanField(default=False)
    mailed_kinds = ArrayField(
        models.CharField(max_length=40),
        verbose_name="by e-mail too",
        default=list,
        blank=True,
        help_text="Kinds of notifications that also come by e-mail.",
    )
    password_changed_at = models.DateTimeField(null=True, blank=True)
    password_expired = models.BooleanField(default=False)

    REQUIRED_FIELDS = ["email", "name"]
    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=sorted(roles.ALL)), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    @property
    def role_label(self) -> str:
        return roles.LABELS[self.role]

    @property
    def tzinfo(self) -> ZoneInfo | None:
        return ZoneInfo(self.zone) if self.zone else None
