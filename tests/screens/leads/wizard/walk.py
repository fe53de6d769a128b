"""Steps through the wizard, as a person's browser sends them."""

from leads.models import BulkAction, Lead
from tests.screens.reading import Page, Reader

BEGIN = "/v2/leads/flag-manage"


def begin(reader: Reader, *leads: Lead, at: str = BEGIN, **fields: str) -> BulkAction:
    """Begin an action with ticked leads, or with what the fields say, and return the draft."""
    answer = reader.client.post(at, {"id": [lead.pk for lead in leads], **fields} if leads else fields)
    assert answer.status_code == 302, answer
    return BulkAction.objects.latest("pk")


def page(draft: BulkAction, name: str) -> str:
    return f"{BEGIN}/{draft.pk}/{name}"


def choose(reader: Reader, draft: BulkAction, choice: str) -> Page:
    return reader.post(page(draft, "type"), choice=choice)


def process(reader: Reader, draft: BulkAction, **fields: object) -> Page:
    """Answer the third step, and return the preview."""
    return reader.post(page(draft, "processing"), **fields)


def save(reader: Reader, draft: BulkAction) -> Page:
    return reader.post(page(draft, "preview"))
