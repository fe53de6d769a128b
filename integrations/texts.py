"""Reasons why a delivery was left unchanged or ended, as shown to users."""

from integrations.models import Delivery
from leads.privacy import own_reason

NOT_FOUND = "not found"
NO_LONGER_VALID = "no longer Valid"
INTEGRATION_REMOVED = "its integration was removed"
TYPE_GONE = "its kind of integration is no longer available"
DESTINATION_REMOVED = "what it was to be sent to was removed"
KIND_GONE = "its kind of message is no longer available"
LATER_ROUND = "a later round took its place"
MEANWHILE = {
    Delivery.State.QUEUED: "already waiting to be sent",
    Delivery.State.SENDING: "being sent",
    Delivery.State.IN_FILE: "in a file",
    Delivery.State.SENT: "sent meanwhile",
    Delivery.State.FAILED: "already given up",
    Delivery.State.WITHDRAWN: "withdrawn meanwhile",
}
"""Reasons by state: the delivery no longer needs a person."""
SETTLED = "no longer marked"
ARRIVED, DISMISSED = "Arrived while not Valid", "Dismissed"
GIVEN_UP = "Given up: the timeline of the lead says by whom and why"
REMOVED = own_reason("The integration was removed")
EVENT_REMOVED = "The event was deleted"
WORKER_STOPPED = "The worker stopped while this was being sent: it may have arrived"
NEVER_ENDED = "The call did not end: it may have arrived"
FAULT_OF_OURS = "It broke off because of a fault of ours: it may have arrived"
NOT_READY = "It could not be made ready to be sent because of a fault of ours"
BEING_SENT = "being sent"
IN_FILE = "in a file that is being sent"
SENT_SINCE = "sent to an integration since"
IN_PENDING_BATCH = "in a pending batch: its data cannot be edited"
AWAITING_BATCH = "Awaiting Batch"
SCHEDULED_DELIVERY = "Scheduled Delivery"
ARRIVED_WHILE_NOT_VALID = own_reason("It arrived while the lead was not Valid")
INTEGRATION_FAILED = "Integration Failed"
AWAITING_BATCH_WORDS = "Judged; it is sent with the next file of its integration."
SCHEDULED_WORDS = "Judged; what is ready to be sent waits for its time."
INTEGRATION_FAILED_WORDS = "A delivery needs a person, or was given up: its answer stands among the deliveries."
NONE_CHOSEN = "None is ticked: nothing will be sent."
NONE_TO_CHOOSE = "The campaign has no integration that is switched on: nothing will be sent."
REASON_AT_MOST = 200
"""The most characters of the reason that a user enters."""

SWITCHED_OFF = own_reason("Switched off or removed since it was chosen")
NOT_QUEUED = "not queued"


def left_out(integration: str, n: int) -> str:
    return f"{integration} was switched off or removed since it was chosen: {n:,} lead{' was' if n == 1 else 's were'} not queued for it."


def queued(integration: str) -> str:
    return f"Queued for {integration}"


def queued_again(integration: str) -> str:
    return f"Sent to {integration} before, and queued once more"


def queued_held(integration: str) -> str:
    return f"Queued for {integration}, and held over delivery until released"


def released(integration: str) -> str:
    return f"Held over delivery, and released for {integration}"


def withdrawn(integration: str) -> str:
    return f"Waiting for {integration} and withdrawn"


def goes_on(integration: str) -> str:
    return f"Being sent to {integration}, which goes on"


def goes_on_in_file(integration: str) -> str:
    return f"In a file for {integration}, which goes on"


def taken_back(integration: str) -> str:
    return f"Sent to {integration}, which no longer counts"


def counts_again(integration: str) -> str:
    return f"Sent to {integration}, which counts again"
