"""Requests of the bulk endpoints at the same time."""

import pytest

from config.core.models import IdempotencyKey
from leads.models import BulkAction, FlagReason, LeadNote
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def test_two_requests_with_one_key_at_once_begin_one_action(judged, program):
    reason, _ = FlagReason.objects.get_or_create(flag="invalid", name="Duplicate")  # tests that commit take those of the migration away
    body, answers = {"leads": [lead.pk for lead in judged], "flag": "invalid", "reason": reason.pk}, []

    def ask() -> None:
        answers.append(program.ask("POST", "leads-bulk-flag", body, Idempotency_Key="both"))

    assert at_once(ask, ask) == []
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (BulkAction.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    assert LeadNote.objects.filter(action_id=answers[0].json()["id"], kind="status").count() == 3
