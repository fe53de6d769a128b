"""E-mail Syntax Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.email_syntax import EmailSyntax
from tests.processr.jobs.asking import MEGABYTE, outcome


@pytest.mark.parametrize(
    "address",
    [
        "jo@example.com", "Jo.Ng@Mail.Example.CO.UK", "jo+tag@example.com", "o'neil@example.com", "jo_ng-x@example.com", "1@example.com",
        "  jo@example.com ", "jo@exämple.de", "jösé@example.com", "jo@xn--exmple-cua.de", "jo@company.test", f"{'a' * 64}@example.com",
    ],
)  # fmt: skip
def test_addresses_that_can_be(address):
    assert outcome(EmailSyntax, {"email": address}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("jo", "has no @"), ("jo.example.com", "has no @"), ("@example.com", "has nothing before the @"), ("jo@", "has nothing after the @"),
        ("jo ng@example.com", "has a space in it"), ("jo@ example.com", "has a space in it"), ("jo@ng@example.com", "has more than one @"),
        ("jo@example", "has no full stop after the @"), ("jo@localhost", "has no full stop after the @"), ("a" * 309 + "@example.com", "is too long"),
    ],
)  # fmt: skip
def test_the_reason_says_what_is_wrong_without_the_address(address, fault):
    found = outcome(EmailSyntax, {"email": address})
    assert (found.kind, found.reason, found.field, found.value) == (OutcomeKind.FAILED, f"The address in email {fault}", "email", address)


@pytest.mark.parametrize(
    "address",
    [
        "jo..ng@example.com", ".jo@example.com", "jo.@example.com", "jo@example..com", "jo@-example.com", "jo@example.com.", "jo@.example.com",
        "jo@exa_mple.com", "jo,ng@example.com", "jo@example.com,", "<jo@example.com>", "jo@[203.0.113.7]", "jo@203.0.113.7", '"jo ng"@example.com',
        "jo\x00@example.com", "jo\ud800@example.com", '"a@b"@example.com',
    ],
)  # fmt: skip
def test_addresses_that_cannot_be(address):
    assert outcome(EmailSyntax, {"email": address}).kind is OutcomeKind.FAILED


def test_an_empty_field_is_left_to_other_jobs():
    assert outcome(EmailSyntax, {"email": "  "}).kind is OutcomeKind.SKIPPED
    assert outcome(EmailSyntax, {"workEmail": "jo@example.com"}, fields_to_read=["email", "workEmail"]).kind is OutcomeKind.PASSED
    assert outcome(EmailSyntax, {"workEmail": "jo@"}, fields_to_read=["email", "workEmail"]).field == "workEmail"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("value", ["a@" * MEGABYTE, "a." * MEGABYTE + "@example.com", "x@" + "a." * MEGABYTE])
def test_a_megabyte_is_judged_in_no_time(value):
    assert outcome(EmailSyntax, {"email": value}).kind is OutcomeKind.FAILED
