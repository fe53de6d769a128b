"""Spellings of one e-mail address, and faults of addresses."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from config.core.pg_text import is_storable
from leads.values import emails, texts
from processr.jobs.quality.email_syntax import EmailSyntax
from tests.intake.test_validation import field, message
from tests.processr.jobs.asking import MEGABYTE, TEXT, outcome

ONE_ADDRESS = {
    "jo.ng@bücher.example": [
        "Jo.Ng@BÜCHER.example", "jo.ng@bu\u0308cher.example", "jo.ng@xn--bcher-kva.example", "JO.NG@XN--BCHER-KVA.EXAMPLE", "jo.ng@bücher。example", "jo.ng@bücher．example",
        "jo.ng@bücher｡example", "ｊｏ.ｎｇ@ｂücher.example", "\u202ajo.ng@bücher.example\u202c", "\ufeffjo.ng@bücher.example\u200b", "\u00a0jo.ng@bücher.example\u3000",
        "jo.ng@bücher.example.", "jo.ng@bücher.example。", '"jo.ng"@bücher.example', "jo.ng＠bücher.example", "jo.ng@bü\u00adcher.example", "j\u200bo.ng@bücher.example",
    ],
    "jo@example.com": ["ＪＯ＠ＥＸＡＭＰＬＥ．ＣＯＭ", "jo@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com", "Jo@Example.Com.", "\u200fjo@example.com\u200f", "jo@exⓐmple.com", "jo@ＥＸample。com"],
    "jürgen@straße.example": ["JÜRGEN@straße.example", "ju\u0308rgen@xn--strae-oqa.example", "Jürgen@STRAße.example"],
    "info@firma.com.tr": ["İNFO@FİRMA.COM.TR", "İnfo@firma.com.tr", "i\u0307nfo@Fi\u0307rma.com.tr", "I\u0307nfo@firma.com.tr"],
    "用户@例子.公司": ["用户@xn--fsqu00a.xn--55qx5d", "用户@例子。公司", "用户＠例子．公司"],
    "a@münchen.local": ["a@xn--mnchen-3ya.local", "A@MÜNCHEN.LOCAL."],
}  # fmt: skip


@pytest.mark.parametrize(
    ("address", "spelling"), [(address, spelling) for address, spellings in ONE_ADDRESS.items() for spelling in spellings]
)
def test_spellings_of_one_address(address, spelling):
    assert emails.canonical(spelling) == emails.canonical(address) == address
    assert emails.domain_of(spelling) == address.rpartition("@")[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jo@straße.de", "jo@strasse.de"), ("jo@example.com", "jo@example.co"), ("jo.ng@example.com", "jong@example.com"), ("jo+a@example.com", "jo@example.com"),
        ("é@example.com", "e@example.com"), ("jo@bücher.de", "jo@bucher.de"), ("jo@ex-ample.com", "jo@example.com"), ("がjo@example.com", "かjo@example.com"),
    ],
)  # fmt: skip
def test_addresses_that_are_others(one, other):
    assert emails.canonical(one) != emails.canonical(other)


@pytest.mark.parametrize(
    ("typed", "begins"),
    [("Jo", "jo"), ("jo@", "jo@"), ("jo@bü", "jo@bü"), ("jo@bu\u0308", "jo@bü"), ("jo@exam.", "jo@exam"), ("jo@ex-", "jo@ex-"), ("none", "none"), ("\u00a8", "\u0308"), ("", ""), ("\u200b", ""), ("x" * 321, "")],
)  # fmt: skip
def test_the_beginning_of_an_address_has_a_form_too(typed, begins):
    assert emails.canonical(typed) == begins


PARTS = st.text(st.sampled_from("aZé\u0301ßüＡ０9.-_\u3002\uff0ex\u200bıİςк例xn--"), min_size=1, max_size=8)
ADDRESSES = st.one_of(st.builds("{}@{}.example".format, PARTS, PARTS), st.emails(), TEXT, st.text())


@given(ADDRESSES)
def test_the_form_is_that_of_the_validator_and_has_itself_as_its_form(address):
    canonical = emails.canonical(address)
    assert emails.canonical(canonical) == canonical
    assert len(canonical) <= emails.LONGEST
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return
    assert emails.canonical(valid.normalized) == canonical
    assert emails.domain_of(address) == valid.domain
    if valid.ascii_email:
        assert emails.canonical(valid.ascii_email) == canonical


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("jo\u200b@example.com", "has an invisible character (U+200B) in it"), ("jo@exam\u00adple.com", "has an invisible character (U+00AD) in it"),
        ("jo@\u200eexample.com", "has an invisible character (U+200E) in it"), ("j\u202eo@example.com", "has an invisible character (U+202E) in it"),
        ("jo@example\ufeff.com", "has an invisible character (U+FEFF) in it"), ("jo\x07@example.com", "has an invisible character (U+0007) in it"),
        ("jo\u3164ng@example.com", "has an invisible character (U+3164) in it"), ("jo\u2060@example.com", "has an invisible character (U+2060) in it"),
        ("jo\u00a0ng@example.com", "has a space in it"), ("jo\u3000@example.com", "has a space in it"),
        ("jo＠example.com", "has a wide @ in it: write a plain one"), ("jo﹫example.com", "has a wide @ in it: write a plain one"),
        ("jo@example.com.", "ends with a full stop: leave it out"), ("jo@example。", "ends with a full stop: leave it out"),
        (f"{'a' * 65}@example.com", "is too long before the @: at most 64 bytes may stand there"), (f"{'é' * 33}@example.com", "is too long before the @: at most 64 bytes may stand there"),
        (f"{'例' * 22}@example.com", "is too long before the @: at most 64 bytes may stand there"),
    ],
)  # fmt: skip
def test_form_and_job_name_the_same_fault(address, fault):
    assert message(field("email", max_length=400), address) == f"This value is not a valid email address. It {fault}."
    assert outcome(EmailSyntax, {"email": address}).reason == f"The address in email {fault}"


@pytest.mark.parametrize(
    "address", [f"{'a' * 64}@example.com", f"{'é' * 32}@example.com", f"{'例' * 21}@example.com", "jo@bücher。example", "jo@ｅxample.com", "\u200ejo@example.com\u202c", "❤\ufe0f@example.com"]
)  # fmt: skip
def test_form_and_job_take_what_can_be_an_address(address):
    assert message(field("email", max_length=400), address) is None
    assert outcome(EmailSyntax, {"email": address}).reason == ""
    assert emails.fault_of(emails.canonical(address)) is None, "its form can be one too"


@given(ADDRESSES)
def test_form_and_job_are_of_one_mind_about_any_address(address):
    text = texts.strip(address)
    if not text or not is_storable(text):
        return
    refused = message(field("email", max_length=1_000), address) is not None
    assert refused == bool(outcome(EmailSyntax, {"email": address}).reason)


@pytest.mark.parametrize("value", ["é@" * MEGABYTE, "é" * MEGABYTE, "jo@" + "é." * MEGABYTE, "\u200b" * MEGABYTE, "\u0301" * MEGABYTE])
def test_a_megabyte_has_no_form(value):
    assert emails.canonical(value) == ""


@pytest.mark.parametrize(
    "link",
    [
        "mailto:ann@example.com",
        "MAILTO:Ann@Example.com",
        " mailto: ann@example.com",
        "mailto:ann%40example.com",
        "mailto:ann@example.com?subject=Hello%20Ann",
    ],
)
def test_an_address_is_found_by_its_link(link):
    assert emails.searched(link) == "ann@example.com"
    assert emails.fault_of(link.strip()), "to be written to, the address alone is wanted"
