"""Messages about what was just done, each kept for the page that the response leads to, and shown on no other one."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponseBase

SHOWN_WITHIN = 60
"""Seconds. The browser follows a redirect at once; whoever opens the page later comes for something else."""


class PageMessages(SessionStorage):
    """The messages for the page that is asked for. Those for other pages stay in the session until these show them."""

    # Django's own, missing from the stubs
    _prepare_messages: Callable[[list[Message]], None]
    _queued_messages: list[Message]
    _loaded_messages: list[Message]

    def _get(self, *_args: Any, **_kwargs: Any) -> tuple[list[Message], bool]:
        texts = [entry["messages"] for entry in self._fresh_entries() if entry["page"] == self._page]
        return [message for text in texts for message in self.deserialize_messages(text) or ()], True

    def update(self, response: HttpResponseBase) -> list[Message]:
        """Keep what was not shown for the page that the response leads to."""
        page = self._next_page(response)
        leads_on = page != self._page and self.request.session.accessed
        if not (self.used or self.added_new or leads_on):
            return []
        self._prepare_messages(self._queued_messages)
        unshown = self._queued_messages if self.used else [*self._loaded_messages, *self._queued_messages]
        entries = [entry for entry in self._fresh_entries() if entry["page"] != self._page]
        if unshown:
            entries.append({"page": page, "at": time.time(), "messages": self.serialize_messages(unshown)})
        if entries != self.request.session.get(self.session_key, []):
            self.request.session[self.session_key] = entries
        return []

    @property
    def _page(self) -> str:
        return str(self.request.get_full_path())

    def _next_page(self, response: HttpResponseBase) -> str:
        """Return the page that the browser shows next: that of a redirect, or the one that a fragment is put into."""
        address = response.headers.get("Location") or response.headers.get("HX-Redirect")
        address = address or self.request.headers.get("HX-Current-URL", "")
        parts = urlsplit(urljoin(self._page, address))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _fresh_entries(self) -> list[dict[str, Any]]:
        entries = self.request.session.get(self.session_key, [])
        earliest = time.time() - SHOWN_WITHIN
        return [entry for entry in entries if entry["at"] > earliest] if isinstance(entries, list) else []
