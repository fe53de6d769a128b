"""Free Email Domain Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.free_email_domain import FreeEmailDomain, ListedDomain
from processr.jobs.text.words import word_list
from tests.processr.jobs.asking import MEGABYTE, outcome


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("jo@gmail.com", OutcomeKind.FAILED), ("Jo@GMail.COM ", OutcomeKind.FAILED), ("jo@gmail.com.", OutcomeKind.FAILED), ("jo@mail.gmail.com", OutcomeKind.FAILED),
        ("jo@yahoo.co.uk", OutcomeKind.FAILED), ("jo@t-online.de", OutcomeKind.FAILED), ("jo@web.de", OutcomeKind.FAILED), ("jo@orange.fr", OutcomeKind.FAILED),
        ("jo@example.com", OutcomeKind.PASSED), ("jo@notgmail.com", OutcomeKind.PASSED), ("jo@gmail.com.example.org", OutcomeKind.PASSED), ("jo@gmail.co", OutcomeKind.PASSED),
        ("jo@com", OutcomeKind.PASSED), ("gmail.com", OutcomeKind.SKIPPED), ("", OutcomeKind.SKIPPED), ("jo@", OutcomeKind.SKIPPED), ("jo@example.com@gmail.com", OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_a_free_provider_and_all_below_it_fails(address, kind):
    assert outcome(FreeEmailDomain, {"email": address}).kind is kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("jo@example.org", OutcomeKind.FAILED),
        ("jo@mail.example.org", OutcomeKind.FAILED),
        ("jo@mail.com", OutcomeKind.PASSED),
        ("jo@uk.mail.com", OutcomeKind.PASSED),
        ("jo@gmail.com", OutcomeKind.FAILED),
    ],
)
def test_domains_can_be_added_and_declared_fine(address, kind):
    assert outcome(FreeEmailDomain, {"email": address}, more_domains=["example.org"], fine_domains=["mail.com"]).kind is kind


def test_of_two_that_fit_the_longer_decides_and_fine_wins_a_tie():
    asked = {"more_domains": ["example.org", "free.staff.example.org", "both.org"], "fine_domains": ["staff.example.org", "both.org"]}
    kinds = {
        domain: outcome(FreeEmailDomain, {"email": f"jo@{domain}"}, **asked).kind
        for domain in ("example.org", "staff.example.org", "x.staff.example.org", "free.staff.example.org", "both.org")
    }
    assert list(kinds.values()) == [OutcomeKind.FAILED, OutcomeKind.PASSED, OutcomeKind.PASSED, OutcomeKind.FAILED, OutcomeKind.PASSED]


def test_domains_are_kept_however_they_are_written():
    form = FreeEmailDomain.Settings({"fields_to_read": "email", "more_domains": "@Example.ORG, *.example.net; example.org\nfoo.de."})
    assert form.is_valid()
    assert form.cleaned_data["more_domains"] == ["example.org", "example.net", "foo.de"]


@pytest.mark.parametrize(
    "address",
    [
        "jo@bücher.example", "jo@xn--bcher-kva.example", "jo@mail.BÜCHER。example", "jo@bu\u0308cher.example.", "jo＠bücher．example", "\u200ejo@XN--BCHER-KVA.example\u200e",
        "jo@ｇｍａｉｌ．ｃｏｍ", "jo@gmail。com", "jo@Ｇmail.com.", "jo@gmail\u200b.com", "jo@gmail.com\u202c", "jo@web。de",
    ],
)  # fmt: skip
@pytest.mark.parametrize("added", ["bücher.example", "@XN--BCHER-KVA.example.", "*.bücher。example"])
def test_a_domain_is_listed_in_all_its_spellings(address, added):
    assert outcome(FreeEmailDomain, {"email": address}, more_domains=[added]).kind is OutcomeKind.FAILED
    fine = outcome(FreeEmailDomain, {"email": address}, more_domains=[added], fine_domains=["XN--BCHER-KVA.example", "gmail.com", "web.de"])
    assert fine.kind is OutcomeKind.PASSED


def test_the_reason_says_what_is_asked_for():
    found = outcome(FreeEmailDomain, {"email": "x", "workEmail": "jo@gmail.com"}, fields_to_read=["email", "workEmail"])
    assert found.reason == "The address in workEmail belongs to a free e-mail provider: send a company's own address"
    assert (found.field, found.value) == ("workEmail", "jo@gmail.com")


@pytest.mark.parametrize("name", ["free_email_domains", "disposable_email_domains"])
def test_the_lists_are_of_domains_each_once(name):
    domains = word_list(name)
    assert len(set(domains)) == len(domains) > 100
    assert [domain for domain in domains if domain != domain.lower().strip(".") or "." not in domain or " " in domain] == []


def test_no_domain_is_on_both_lists():
    assert set(word_list("free_email_domains")).isdisjoint(word_list("disposable_email_domains"))


@pytest.mark.timeout(30)
def test_a_megabyte_is_judged_in_no_time():
    assert issubclass(FreeEmailDomain, ListedDomain)
    assert outcome(FreeEmailDomain, {"email": "jo@" + "a." * MEGABYTE + "gmail.com"}).kind is OutcomeKind.FAILED
