"""The request that an outbound event makes about one lead, of the values that were frozen when it was queued."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self
from urllib.parse import quote

from integrations.models import OutboundEvent
from integrations.outbound_events.headers import unseal_headers
from processr.jobs.http import address_template
from processr.jobs.http.address_template import AddressTemplate

EVENT_ID = "eventId"
"""The placeholder for the id of the message, which is the same in every attempt. It is known only once the message is there."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_AS_THEY_ARE = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}"
"""The signs that a value may have in a header, besides letters, digits and `_.-~`."""


class CannotBeSent(ValueError):
    """The request cannot be made for this lead. The message is for the users who run the campaign, and quotes no value."""


@dataclass(frozen=True, slots=True)
class EventRequest:
    """A request, ready to be sent. `secrets` are the texts to cut from everything that is recorded of it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventTemplate:
    """An event's address and headers, with placeholders for values of a lead."""

    method: str
    address: AddressTemplate
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, event: OutboundEvent) -> Self:
        return cls(event.method, address_template.parse_template(event.url), unseal_headers(event.sealed_headers))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the placeholders in the address and in the headers."""
        return tuple(dict.fromkeys([*self.address.names, *placeholders_in(*self.headers.values())]))

    def request(self, values: Mapping[str, str], payload: Mapping[str, Any], *, message_id: str) -> EventRequest:
        """Return the request. Raise CannotBeSent where the values do not make one."""
        read = partial(_read_value, {**values, EVENT_ID: message_id})
        if empty := next((name for name in self.address.path_names if not read(name)), None):
            raise CannotBeSent(f"The address has {{{empty}}} in its path, and the lead has nothing there")
        try:
            url = self.address.filled(read)
        except address_template.CannotBeAsked as error:
            raise CannotBeSent("With the values of this lead it would be another address") from error
        own = {name: fill_header(value, read) for name, value in self.headers.items()}
        is_post = self.method == OutboundEvent.Method.POST
        body = json.dumps(payload, separators=(",", ":")) if is_post else ""
        headers = {**({"Content-Type": "application/json"} if is_post else {}), **own}
        return EventRequest(self.method, url, headers, body, secrets_of(own))


def placeholders_in(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for text in texts for name in PLACEHOLDER.findall(text)))


def fill_header(template: str, read: Callable[[str], str]) -> str:
    """Return the value of a header. What a lead's value may not have there is percent-encoded, as it is in an address."""
    return PLACEHOLDER.sub(lambda placeholder: quote(read(placeholder[1].strip()), safe=_AS_THEY_ARE, errors="replace"), template)


def secrets_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of headers, and each without the scheme before it, as in `Bearer …`."""
    return tuple(dict.fromkeys(text for value in headers.values() for text in (value, value.rpartition(" ")[2]) if text))


def _read_value(values: Mapping[str, str], name: str) -> str:
    try:
        return values[name]
    except KeyError as error:
        raise CannotBeSent(f"{{{name}}} was put into the event after this was queued, so the lead's value for it was not kept") from error
