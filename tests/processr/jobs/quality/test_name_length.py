"""First and Last Name Length Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.name_length import NameLength
from tests.processr.jobs.asking import outcome


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ("Jo", "Ng", OutcomeKind.PASSED), ("J", "Ngo", OutcomeKind.PASSED), ("J", "Ng", OutcomeKind.FAILED), ("A", "B", OutcomeKind.FAILED), ("J.", "D.", OutcomeKind.FAILED),
        ("J. - -", ". D ''", OutcomeKind.FAILED), ("", "Ngoo", OutcomeKind.PASSED), ("", "Ngo", OutcomeKind.FAILED), ("Anna", "", OutcomeKind.PASSED),
        ("王", "伟", OutcomeKind.PASSED), ("王", "", OutcomeKind.FAILED), ("É", "Lé", OutcomeKind.FAILED), ("E\u0301", "Le\u0301e", OutcomeKind.PASSED),
        ("", "", OutcomeKind.SKIPPED), (" ", "\t", OutcomeKind.SKIPPED),
    ],
)  # fmt: skip
def test_both_names_together_have_four_letters(first, last, kind):
    assert outcome(NameLength, {"firstName": first, "lastName": last}).kind is kind


def test_the_minimum_can_be_set():
    names = {"firstName": "Anna", "lastName": "Berg"}
    assert outcome(NameLength, names, minimum=8).kind is OutcomeKind.PASSED
    assert outcome(NameLength, names, minimum=9).kind is OutcomeKind.FAILED


def test_names_are_read_from_the_configured_fields():
    captured = {"firstName": "Anna", "lastName": "Berg", "given": "A", "family": "B"}
    assert outcome(NameLength, captured, first_name="given", last_name="family").kind is OutcomeKind.FAILED


def test_the_reason_says_what_to_send():
    found = outcome(NameLength, {"firstName": "A", "lastName": "B"})
    assert found.reason == "First and last name together have fewer than 4 letters: send both in full"
    assert (found.field, found.value) == ("firstName", "A B")
