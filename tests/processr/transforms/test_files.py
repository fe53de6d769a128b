"""Files of known values: read as a whole or refused, previewed before the import, and repeatable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from config.core.models import AuditEntry
from config.core.tabular.workbook_writer import write_workbook
from processr.models import ValueTransform
from processr.transforms import files, imports, services
from processr.transforms.drafts import parse_pairs
from processr.transforms.files import Triple
from tests.processr.transforms.making import definition

HEADER = ",".join(files.COLUMNS)
COUNTRIES = Triple("country", "code", "Countries")


def file_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_rows_of_one_triple_become_one_transform():
    found = files.read_file(
        file_of("country,code,Countries,UK,GB", "country,code,Countries,Eire,IE", "country,code,,UK,UK", "size,band,,1,small")
    )
    assert found.problems == []
    assert found.values == {
        COUNTRIES: {"UK": "GB", "Eire": "IE"},
        Triple("country", "code", ""): {"UK": "UK"},
        Triple("size", "band", ""): {"1": "small"},
    }


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_columns_may_be_divided_by_any_usual_sign_and_rows_end_in_any_usual_way(sign, ends):
    lines = [files.COLUMNS, ("country", "code", "Countries", "UK", "GB")]
    assert files.read_file(ends.join(sign.join(line) for line in lines)).values == {COUNTRIES: {"UK": "GB"}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_at_the_beginning_says_how_the_file_is_encoded(encoding):
    assert files.read_file(files.decode_file(file_of("country,code,Countries,Österreich,AT").encode(encoding))).values == {
        COUNTRIES: {"Österreich": "AT"}
    }


def test_columns_may_stand_in_any_order_beside_others_and_cells_in_quotation_marks():
    text = file_of(
        'Note,"GB, of course","UK",Countries,code,country',
        header="Remark,NEW VALUE,original value,Group name,new fieldname,Original Field Name".replace("Field Name", "Fieldname"),
    )
    assert files.read_file(text).values == {COUNTRIES: {"UK": "GB, of course"}}


def test_the_example_is_a_file_that_can_be_imported():
    assert files.read_file(files.EXAMPLE).problems == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("country,code", "The row ends before Group Name."),
        ("country,code,Countries", "The row ends before Original Value."),
        ("country,code,Countries,UK,GB,more", "This row has 6 columns, the first row 5."),
        (",code,Countries,UK,GB", "There is no original fieldname."),
        ("country,,Countries,UK,GB", "There is no new fieldname."),
        ("country,code,Countries,,GB", "There is no original value."),
        (f"{'c' * 81},code,Countries,UK,GB", "The original fieldname is longer than a field's name may be."),
        (f"country,code,{'g' * 121},UK,GB", "The group name has more than 120 characters."),
        (f"country,code,Countries,{'u' * 2001},GB", "Ensure this value has at most 2000 characters"),
        ("country,code,Countries,Eire,GB", "“Eire” stands above already, and becomes something else there."),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_its_number(row, said):
    found = files.read_file(file_of("country,code,Countries,Eire,IE", "", row, "country,code,Countries,Eire,IE"))
    assert [problem.row for problem in found.problems] == [4]
    assert said in found.problems[0].message


def test_rows_may_lack_optional_cells_and_have_empty_ones_and_values_keep_their_lines():
    text = file_of('country,code,Countries,"a\nb"', "country,code,Countries,UK,GB,,", ",,,,", header=HEADER.upper().replace(" ", "_"))
    for spelling in (text, text.replace("\n", "\r\n")):
        assert files.read_file(spelling).values == {COUNTRIES: {"a\nb": "", "UK": "GB"}}


@pytest.mark.parametrize("text", ["UK\tGB\t\t\nEire\t\t\n", "UK,GB,\r\nEire,\r\n", "UK;GB\n;;\nEire;;\n"])
def test_pasted_pairs_may_have_empty_cells_behind_them(text):
    assert parse_pairs(text) == [("UK", "GB"), ("Eire", "")]


def test_a_wanted_column_that_occurs_twice_is_refused_and_another_one_may():
    row = "country,code,Countries,UK,GB,x,y"
    assert files.read_file(file_of(row, header=f"{HEADER},Note,Note")).values == {COUNTRIES: {"UK": "GB"}}
    with pytest.raises(DomainError, match="Columns 5 and 6 are both called New Value"):
        files.read_file(file_of(row, header=f"{HEADER},new_value,Note"))


def test_all_problems_are_told_at_once_up_to_fifty():
    assert len(files.read_file(file_of(*[",code,,UK,GB"] * 80)).problems) == 50


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "The file is empty"),
        (b"a,b,c\n1,2,3\n", "The first row must name the columns"),
        (HEADER.encode(), "There is no row under the header."),
        (b"PK\x03\x04rest", "The workbook is damaged"),
        ("Original Fieldname;é\x81".encode("latin-1"), "not UTF-8.* line 1, character 20"),
        (file_of("a,b,c,d\x00,e").encode(), "not text.* line 2, character 8"),
        (b"x" * (files.LARGEST + 1), "larger than 1024 kB"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_in_words(raw, said):
    with pytest.raises(DomainError, match=said) as refused:
        files.read_file(files.decode_file(raw))
    assert refused.value.field == "file"


@pytest.mark.parametrize("row", ['country,code,"Countries,UK,GB', 'country,code,"Countries"x,UK,GB'])
def test_a_quotation_mark_that_is_not_closed_is_told(row):
    assert [problem.row for problem in files.read_file(file_of("country,code,Countries,UK,GB", row)).problems] == [3]


def test_a_file_with_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(files, "ROWS_AT_MOST", 2)
    files.read_file(file_of("a,b,c,1,e", "a,b,c,2,e"))
    with pytest.raises(DomainError, match="more than 2 rows"):
        files.read_file(file_of("a,b,c,1,e", "a,b,c,2,e", "a,b,c,3,e"))


@given(st.text(alphabet='aB,;"\n\r\t| é\x00\ufeff', max_size=60))
def test_whatever_the_file_it_is_read_or_refused_in_words(text):
    for file in (text, file_of(text)):
        assert isinstance(read_or_refused(file), files.ReadFile | str)


def read_or_refused(file: str) -> files.ReadFile | str | None:
    """Return the content of the file, or the field that was refused."""
    try:
        return files.read_file(file)
    except DomainError as refused:
        return refused.field


def carried_out(acme, bob, *rows: str) -> imports.ImportPlan:
    found = files.read_file(file_of(*rows))
    return imports.run_import(acme, found, seen=imports.plan_import(acme, found).digest, actor=bob)


@pytest.mark.django_db
def test_what_is_shown_is_what_is_made(acme, bob):
    found = files.read_file(file_of("country,code,Countries,UK,GB", "size,band,,1,small", "size,band,,2,large"))
    plan = imports.plan_import(acme, found)
    assert [(line.label, line.added, line.changed, line.old) for line in plan.new] == [
        ("country to code", 1, 0, None),
        ("size to band", 2, 0, None),
    ]
    assert ValueTransform.objects.count() == 0
    imports.run_import(acme, found, seen=plan.digest, actor=bob)
    made = ValueTransform.objects.order_by("position").values_list("type", "source_field", "new_field", "group_name", "config")
    assert list(made) == [
        ("transform", "country", "code", "Countries", {"values": {"UK": "GB"}}),
        ("transform", "size", "band", "", {"values": {"1": "small", "2": "large"}}),
    ]
    assert AuditEntry.objects.filter(action="value transforms imported from a file").count() == 1


@pytest.mark.django_db
def test_a_file_that_comes_again_teaches_what_is_new_in_it(acme, bob):
    carried_out(acme, bob, "country,code,Countries,UK,GB")
    plan = carried_out(acme, bob, "country,code,Countries,UK,UK", "country,code,Countries,Eire,IE")
    assert ([(line.added, line.changed) for line in plan.extended], plan.new) == ([(1, 1)], [])
    assert ValueTransform.objects.get().config == {"values": {"UK": "UK", "Eire": "IE"}}
    same = carried_out(acme, bob, "country,code,Countries,UK,UK")
    assert (same.new, same.extended, len(same.untouched)) == ([], [], 1)


@pytest.mark.django_db
def test_a_transform_that_does_not_mind_capitals_learns_no_value_twice(acme, bob):
    services.create(acme, definition(group_name="Countries", config={"values": {"UK": "GB"}, "any_case": True}), actor=bob)
    carried_out(acme, bob, "country,code,Countries,uk,United Kingdom")
    assert ValueTransform.objects.get().config == {"values": {"UK": "United Kingdom"}, "any_case": True}


@pytest.mark.django_db
def test_nothing_is_taken_of_a_file_with_a_row_that_cannot_be(acme, bob):
    with pytest.raises(DomainError, match="Nothing was imported"):
        imports.run_import(acme, files.read_file(file_of("a,b,c,1,e", "a,b")), seen="", actor=bob)
    assert ValueTransform.objects.count() == 0


@pytest.mark.django_db
def test_what_would_be_something_else_by_now_is_looked_at_first(acme, bob):
    found = files.read_file(file_of("country,code,Countries,UK,GB"))
    seen = imports.plan_import(acme, found).digest
    carried_out(acme, bob, "country,code,Countries,UK,UK")
    with pytest.raises(DomainError) as refused:
        imports.run_import(acme, found, seen=seen, actor=bob)
    assert refused.value.status == 409


@pytest.mark.django_db
def test_a_file_cannot_bring_an_advertiser_over_its_limit(acme, bob, monkeypatch):
    monkeypatch.setitem(services.AT_MOST, "advertiser", 1)
    with pytest.raises(DomainError, match="at most 1 transforms"):
        carried_out(acme, bob, "a,b,,1,x", "a,c,,1,x")


def test_a_workbook_is_read_like_a_file_of_text(tmp_path):
    path = tmp_path / "values.xlsx"
    write_workbook(path, files.COLUMNS, [["country", "code", "Countries", "Österreich, Republik", "AT"], [], ["size", "band", "", 1, "=1"]])
    assert files.read_file(files.decode_file(path.read_bytes())).values == {
        COUNTRIES: {"Österreich, Republik": "AT"},
        Triple("size", "band", ""): {"1": "=1"},
    }


def test_a_separator_line_is_no_row():
    text = "sep=;\n" + ";".join(files.COLUMNS) + "\ncountry;code;Countries;UK, all;GB\n;;;;x\n"
    found = files.read_file(text)
    assert found.values == {COUNTRIES: {"UK, all": "GB"}}
    assert [problem.row for problem in found.problems] == [4]
