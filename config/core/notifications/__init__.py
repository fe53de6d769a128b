"""Notifications for people: the bell, their list, and e-mail for those who want it."""

from config.core.notifications.service import notify, notify_of_end

__all__ = ["notify", "notify_of_end"]
