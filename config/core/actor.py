"""The actor of an action: a person, a program, or the system itself."""

from dataclasses import dataclass

from django.http import HttpRequest

from config.core import client_address


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    user_id: int | None = None
    ip: str | None = None


SYSTEM = Actor("Sluice")


def actor_of(request: HttpRequest) -> Actor:
    user = request.user
    return Actor(str(user), user.pk, client_address.peer(request))
