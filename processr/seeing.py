"""What jobs see of a lead: its row, and what the value transforms made of it."""

from collections.abc import Mapping

from leads.models import Lead
from processr.batch import BatchLead
from processr.transforms import Transformed

NOTHING: Mapping[str, str] = {}


def seen(lead: Lead, made: Transformed, *, is_test: bool, enriched: Mapping[str, str] = NOTHING) -> BatchLead:
    """`enriched`: what is known before the first job; a run finds everything out anew."""
    return BatchLead(
        id=lead.pk,
        publisher_id=lead.publisher_id,
        email=lead.email,
        phone=lead.phone,
        name_key=lead.name_key,
        ip=lead.ip,
        imported=lead.imported,
        is_test=is_test,
        created_at=lead.created_at,
        processing_counter=lead.processing_counter,
        failed_jobs=frozenset(lead.failed_jobs),
        captured=lead.captured,
        transformed=made.values,
        matched=made.matched,
        enriched=dict(enriched),
    )
