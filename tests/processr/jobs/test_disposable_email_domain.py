"""Disposable Email Domain Check."""

import pytest

from processr.job_types.outcomes import Kind
from processr.jobs.quality.disposable_email_domain import DisposableEmailDomain
from tests.processr.jobs.asking import outcome


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("jo@mailinator.com", Kind.FAILED), ("jo@any.mailinator.com", Kind.FAILED), ("JO@YOPMAIL.COM", Kind.FAILED),
        ("jo@guerrillamail.com", Kind.FAILED), ("jo@jetable.fr.nf", Kind.FAILED), ("jo@fr.nf", Kind.PASSED), ("jo@gmail.com", Kind.PASSED),
        ("jo@mymailinator.com", Kind.PASSED), ("jo@example.com", Kind.PASSED), (" ", Kind.SKIPPED),
    ],
)  # fmt: skip
def test_a_service_for_addresses_that_are_thrown_away_fails(address, kind):
    assert outcome(DisposableEmailDomain, {"email": address}).kind is kind


def test_domains_can_be_added_and_declared_fine():
    asked = {"more_domains": ["example.org"], "fine_domains": ["yopmail.com"]}
    assert outcome(DisposableEmailDomain, {"email": "jo@example.org"}, **asked).kind is Kind.FAILED
    assert outcome(DisposableEmailDomain, {"email": "jo@yopmail.com"}, **asked).kind is Kind.PASSED


def test_the_reason_says_what_is_asked_for():
    found = outcome(DisposableEmailDomain, {"email": "jo@mailinator.com"})
    assert found.reason == "The address in email is of a service for addresses that are thrown away: one that is read is asked for"
