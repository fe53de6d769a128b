"""The names of files: any template and label makes a name that every file system takes, or a clear error."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.files.names import LONGEST_NAME, PLACEHOLDERS, NamedBatch, check_template, file_name, is_repeated, name_in_zip
from batches.targets.base import name_fault
from config.core.errors import DomainError

MOMENT = datetime(2026, 3, 29, 0, 30, 5, tzinfo=UTC)
BATCH = NamedBatch(label="Acme daily", campaign="Spring", campaign_id=12, number=7, advertiser="Acme Ltd.")


def named(
    template: str, *, batch: NamedBatch = BATCH, zone: str = "Europe/London", extension: str = "csv", moment: datetime = MOMENT
) -> str:
    check_template(template)
    return file_name(template, batch, moment=moment, zone=zone, extension=extension)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{label}-{number}-{date}", "Acme daily-7-2026-03-29.csv"),
        ("{campaign}_{campaign_id}_{advertiser}", "Spring_12_Acme Ltd.csv"),
        ("{YYYY}{MM}{DD}_{HH}{mm}{ss}", "20260329_003005.csv"),
        ("{YY}.{time}", "26.003005.csv"),
        ("leads.csv", "leads.csv"),
        ("leads.CSV", "leads.csv"),
        ("leads.csv.{number}", "leads.csv.7.csv"),
        ("con", "_con.csv"),
        ("Lpt1.{number}", "_Lpt1.7.csv"),
        ("console", "console.csv"),
        ("trailing. . ", "trailing.csv"),
        ("Zürich ☃ – שלום", "Zürich ☃ – שלום.csv"),
    ],
)
def test_a_template_is_filled_in(template, name):
    assert named(template) == name


def test_dates_are_those_of_the_zone():
    assert named("{date} {time}", zone="Asia/Tokyo") == "2026-03-29 093005.csv"
    assert named("{date} {HH}", zone="America/New_York") == "2026-03-28 20.csv"
    assert named("{HH}{mm}", moment=datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "0200.csv", "an hour is left out in spring"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("", "Give the file a name"),
        ("  ", "Give the file a name"),
        ("{lable}", "{lable} is not known"),
        ("{label!r}", "Braces"),
        ("{label:>99999999}", "Braces"),
        ("{label.__class__}", "Braces"),
        ("{", "Braces"),
        ("{{date}}", "Braces"),
        ("a/b", "sign /"),
        ("..\\b", "sign"),
        ("a:b", "sign :"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("a\u202egnp.exe", "cannot be seen"),
        ("a\ud800", "cannot be seen"),
        (".hidden", "begin"),
        ("☃" * 60, "bytes"),
        ("x" * 121, "120 characters"),
    ],
)
def test_a_hostile_template_is_refused(template, message):
    with pytest.raises(DomainError, match=message) as refused:
        check_template(template)
    assert refused.value.field == "file_name"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("../../etc/passwd", "-..-etc-passwd.csv"),
        ('a\\b:c*d?e"f<g>h|i', "a-b-c-d-e-f-g-h-i.csv"),
        ("one\r\ntwo\0three", "one two three.csv"),
        ("\u202eabc\u200f", "abc.csv"),
        ("a\ud800b", "ab.csv"),
        ("e\u0301te\u0301", "été.csv"),
        ("", "batch-7.csv"),
        ("...", "batch-7.csv"),
        ("nul", "_nul.csv"),
        ("\u00a0a\u3000b", "a b.csv"),
    ],
)
def test_a_hostile_label_is_made_a_name(label, name):
    assert named("{label}", batch=NamedBatch(label, "", 1, 7)) == name


def test_the_texts_are_cut_and_never_what_tells_files_apart():
    batch = NamedBatch("名" * 200, "キャンペーン" * 60, 123456789, 42, "広告" * 200)
    name = named("{label} {campaign} {advertiser} {campaign_id} {number} {date} {time}", batch=batch)
    assert name.endswith(" 123456789 42 2026-03-29 003005.csv")
    assert 100 < len(name.encode()) <= LONGEST_NAME


@given(
    st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]), st.text(max_size=20)), max_size=9).map("".join),
    st.text(max_size=300),
    st.text(max_size=300),
    st.sampled_from(["csv", "txt", "xlsx", "zip"]),
)
def test_every_name_is_taken_by_every_target(template, label, campaign, extension):
    try:
        check_template(template)
    except DomainError:
        return
    name = named(template, batch=NamedBatch(label, campaign, 1, 1, label[::-1]), extension=extension)
    assert name_fault(name) == ""
    assert name.endswith(f".{extension}")
    assert not name.startswith((".", " "))
    assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}


def test_a_name_that_comes_again_on_the_same_day_is_known():
    assert is_repeated("{label}-{date}")
    assert not is_repeated("{label}-{number}")
    assert not is_repeated("{date}-{time}")
    assert name_in_zip("leads 7.zip", "xlsx") == "leads 7.xlsx"
