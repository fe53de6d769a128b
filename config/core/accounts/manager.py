"""The manager of users."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager

from config.core.accounts import roles

if TYPE_CHECKING:
    from config.core.models import User


class AccountManager(UserManager["User"]):
    """Makes superusers administrators of the product. To migrations it is Django's own manager."""

    def create_superuser(self, username: str, email: str | None = None, password: str | None = None, **columns: Any) -> "User":
        if columns.setdefault("role", roles.ADMIN) != roles.ADMIN:
            raise ValueError(f"A superuser has the role {roles.ADMIN}, not {columns['role']}.")
        return super().create_superuser(username, email, password, **columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserManager)

    __hash__ = UserManager.__hash__

    def deconstruct(self) -> tuple[bool, str | None, str | None, tuple[Any, ...] | None, dict[str, Any] | None]:
        return False, "django.contrib.auth.models.UserManager", None, (), {}
