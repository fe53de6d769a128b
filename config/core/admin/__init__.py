"""The admin for support staff: its access rules, the base classes of its pages, and the pages of this app's own tables."""

from config.core.admin.pages import EditableAdmin, ReadOnlyAdmin
from config.core.admin.site import site

__all__ = ["EditableAdmin", "ReadOnlyAdmin", "site"]

from config.core.admin import accounts, audit, enterprise, saved, tokens  # noqa: E402, F401  (each registers its pages)
