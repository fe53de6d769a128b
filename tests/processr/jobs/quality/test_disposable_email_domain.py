"""Disposable Email Domain Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.disposable_email_domain import DisposableEmailDomain
from tests.processr.jobs.asking import outcome


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("jo@mailinator.com", OutcomeKind.FAILED), ("jo@any.mailinator.com", OutcomeKind.FAILED), ("JO@YOPMAIL.COM", OutcomeKind.FAILED),
        ("jo@guerrillamail.com", OutcomeKind.FAILED), ("jo@jetable.fr.nf", OutcomeKind.FAILED), ("jo@fr.nf", OutcomeKind.PASSED), ("jo@gmail.com", OutcomeKind.PASSED),
        ("jo@mymailinator.com", OutcomeKind.PASSED), ("jo@example.com", OutcomeKind.PASSED), (" ", OutcomeKind.SKIPPED),
    ],
)  # fmt: skip
def test_a_service_for_addresses_that_are_thrown_away_fails(address, kind):
    assert outcome(DisposableEmailDomain, {"email": address}).kind is kind


def test_domains_can_be_added_and_declared_fine():
    asked = {"more_domains": ["example.org"], "fine_domains": ["yopmail.com"]}
    assert outcome(DisposableEmailDomain, {"email": "jo@example.org"}, **asked).kind is OutcomeKind.FAILED
    assert outcome(DisposableEmailDomain, {"email": "jo@yopmail.com"}, **asked).kind is OutcomeKind.PASSED


def test_the_reason_says_what_is_asked_for():
    found = outcome(DisposableEmailDomain, {"email": "jo@mailinator.com"})
    assert found.reason == "The address in email belongs to a throw-away service: send one that is read"
