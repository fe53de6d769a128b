"""Two imports at once with rows of the same people."""

from collections.abc import Iterator

import pytest
from django.db import connection

from leads.imports.checkpoint import ImportCounts
from leads.models import Lead, LeadImport
from tests.imports.conftest import Importer
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

PEOPLE = 100


@pytest.fixture
def slow_inserts(transactional_db) -> Iterator[None]:
    """Slow inserts down, so that two statements overlap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END';"
            "CREATE TRIGGER slow BEFORE INSERT ON leads_lead FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        yield
        cursor.execute("DROP TRIGGER slow ON leads_lead; DROP FUNCTION slow()")


def test_two_files_with_the_same_people_in_opposite_orders_store_each_once(importer: Importer, slow_inserts: None) -> None:
    """Were they not to take turns, each would hold what the other waits for, again and again."""
    rows = [f"{n},First{n},Last{n},person{n}@example.com" for n in range(PEOPLE)]
    head = "externalId,firstName,lastName,email\n"
    there = importer.file(head + "\n".join(rows), name="there.csv")
    back = importer.file(head + "\n".join(reversed(rows)), name="back.csv")
    assert at_once(lambda: importer.take(there), lambda: importer.take(back)) == []
    assert sorted(Lead.objects.values_list("external_id", flat=True)) == sorted(str(n) for n in range(PEOPLE))
    counts = [ImportCounts.of(run) for run in LeadImport.objects.all()]
    assert tuple(map(sum, zip(*counts, strict=True))) == (2 * PEOPLE, PEOPLE, PEOPLE, 0)
