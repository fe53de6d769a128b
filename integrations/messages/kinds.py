"""The kinds of messages. Each says how a message of it is sent, as an integration type says it of leads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from config.core.registry import Registry
from integrations.base import Attempt
from integrations.models import Destination, Message
from processr.job_types.exchange import Exchange


class MessageKind(ABC):
    """The base of the kinds, instantiated for each turn of a destination.

    `prepare` may read the database. `send` runs in a thread, in parallel with others, and may not.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    safe_to_repeat: ClassVar[bool] = True
    """Whether a message that may have arrived may be sent again with the same id. If not, it waits for a person."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination

    def prepare(self, messages: Sequence[Message]) -> None:  # noqa: B027  (a kind that needs nothing leaves it)
        """Prepare for all messages of this turn, for example by loading secrets."""

    @abstractmethod
    def send(self, message: Message) -> Exchange:
        """Make one attempt. `config.core.http.NoAnswer` is a result of it; any other exception counts as a fault of ours."""

    @abstractmethod
    def classify(self, exchange: Exchange) -> Attempt:
        """Return the result, from the exchange alone."""


message_kinds: Registry[type[MessageKind]] = Registry("message kind")
