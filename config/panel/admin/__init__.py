"""The support staff's admin: who may open it, what every page of it obeys, and the pages of this app's own tables."""

from config.panel.admin.pages import ReadOnly, Staff
from config.panel.admin.site import site

__all__ = ["ReadOnly", "Staff", "site"]

from config.panel.admin import access, house, people, records, screens  # noqa: E402, F401  (each registers its pages)
