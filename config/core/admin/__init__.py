"""The admin for support staff: its access rules, the base classes of its pages, and the pages of this app's own tables."""

from config.core.admin.pages import ReadOnly, Staff
from config.core.admin.site import site

__all__ = ["ReadOnly", "Staff", "site"]

from config.core.admin import accounts, audit, enterprise, saved, tokens  # noqa: E402, F401  (each registers its pages)
