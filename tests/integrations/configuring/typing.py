"""Fields and addresses of the page that configures an integration."""

from processr.models import Job
from tests.integrations.kinds.sending import row

MAPPING = [row("mail", "email"), row("hash", "leadHash"), row("event", "eventId")]
COUNTS = {"job-label": "CRM", "job-stage": "10"}


def typed(url: str, /, **changes: str) -> dict[str, str]:
    """As the page sends it."""
    sent = {
        **COUNTS, "method": "POST", "url": url, "send_as": "json", "credential_place": "bearer", "event_header": "Idempotency-Key", "seconds": "5",
        "side_by_side": "4", "statuses": "2xx", "look_at": "status", "in_doubt": "wait",
    }  # fmt: skip
    rows = {f"fields_sent-{n}-{name}": value for n, given in enumerate(MAPPING) for name, value in given.items()}
    return {**sent, **rows, **changes}


def at(campaign, job: Job | None = None) -> str:
    return f"/v2/campaigns/{campaign.pk}/processr/{f'{job.pk}/test' if job else 'add/http_post/test'}"
