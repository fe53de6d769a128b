"""Definitions of value transforms: what can be saved, and which field a refusal names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from processr.transforms import forms
from processr.transforms.definitions import Definition, clean_definition
from processr.transforms.forms import STEPS_AT_MOST, VALUES_AT_MOST
from processr.transforms.sequence import find_faults
from tests.processr.transforms.making import case, date, definition, field, join, manipulation, replace, text, trim


def refusal(*args, **columns) -> tuple[str | None, str]:
    with pytest.raises(DomainError) as refused:
        clean_definition(definition(*args, **columns))
    return refused.value.field, refused.value.message


def taken_or_refused(one: Definition) -> object:
    """Return the cleaned definition, or the field that was refused."""
    try:
        return clean_definition(one)
    except DomainError as refused:
        return refused.field


@pytest.mark.parametrize(
    ("columns", "at", "said"),
    [
        ({"label": " "}, "label", "This field is required."),
        ({"label": "x" * 121}, "label", "at most 120 characters"),
        ({"source": ""}, "source_field", "This field is required."),
        ({"new": "n" * 81, "label": "x"}, "new_field", "at most 80 characters"),
        ({"new": "a\x00b", "label": "x"}, "new_field", "not text"),
        ({"type": "other"}, "type", "either a Transform or a Manipulate"),
        ({"config": {}}, "values", "Say at least one value"),
        ({"config": {"values": {}}}, "values", "Say at least one value"),
        ({"config": {"values": ["UK"]}}, "values", "Say at least one value"),
        ({"config": {"values": {"": "GB"}}}, "values", "A value: This field is required."),
        ({"config": {"values": {"UK": "G" * 2001}}}, "values", "UK: Ensure this value has at most 2000 characters"),
        ({"config": {"values": {"UK": "GB", "uk": "GB"}, "any_case": True}}, "values", "“uk” is in it more than once."),
        ({"config": {"values": {"UK": "GB", " UK ": "GB"}}}, "values", "“UK” is in it more than once."),
        ({"config": {"values": {str(n): "" for n in range(VALUES_AT_MOST + 1)}}}, "values", "at most 5,000 values"),
        ({"config": {"values": {"UK": "GB"}, "steps": []}}, "steps", "There is no setting “steps”."),
    ],
)
def test_a_transform_that_cannot_be_is_refused(columns, at, said):
    where, message = refusal(**columns)
    assert where == at
    assert said in message


@pytest.mark.parametrize(
    ("steps", "at", "said"),
    [
        ([], "steps", "Add at least one step."),
        (None, "steps", "Add at least one step."),
        ([trim()] * (STEPS_AT_MOST + 1), "steps", "at most 20 steps"),
        ([trim(), {"kind": "explode"}], "steps-1-kind", "A step is one of: join, replace, case, trim, date."),
        (["trim"], "steps-0-kind", "A step is one of"),
        ([{**trim(), "loud": True}], "steps-0-loud", "There is no setting “loud”."),
        ([replace("/(/")], "steps-0-find", "missing )"),
        ([trim(), replace("")], "steps-1-find", "This field is required."),
        ([replace("/(a)b/", "$2")], "steps-0-replacement", "The expression has 1 pairs of brackets, so there is no $2."),
        ([replace("/a/", r"\1")], "steps-0-replacement", "The expression has no pairs of brackets, so there is no $1."),
        ([case("sideways")], "steps-0-to", "Select a valid choice"),
        ([date("dd/mm", "YYYY")], "steps-0-reads", "“d” is no part of a date"),
        ([date("MM/YYYY", "DD/MM/YYYY")], "steps-0-writes", "The day is not in the date as it comes."),
        ([join()], "steps-0-parts", "This field is required."),
        ([join({"name": "a"})], "steps-0-parts", 'Give a list of {"field": …} and {"text": …}.'),
        ([join({"field": 1})], "steps-0-parts", 'Give a list of {"field": …} and {"text": …}.'),
        ([join(field("n" * 81))], "steps-0-parts", "too long to be the name of a field"),
        ([join(*[field("a")] * 51)], "steps-0-parts", "at most 50 fields and texts"),
        ([join(text("a\x00"))], "steps-0-parts", "not text"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_place(steps, at, said):
    where, message = refusal(type="manipulate", config={"steps": steps})
    assert where == at
    assert said in message


EVERY_STEP = [
    join(field("a"), text(' "of", '), separator=r"\n"),
    replace(r"/(\d+)/u", "${1}"),
    case("title"),
    trim(inner=True),
    date("D/M/YY", "YYYY"),
]


def test_what_was_checked_once_is_the_same_when_it_is_checked_again():
    whole = manipulation("a", "b", *EVERY_STEP)
    assert clean_definition(whole) == clean_definition(clean_definition(whole)) == whole


def test_a_program_may_leave_out_what_has_an_initial_value():
    (step,) = clean_definition(definition(type="manipulate", config={"steps": [{"kind": "join", "parts": [field("a")]}]})).config["steps"]
    assert step == join(field("a"), separator=" ")


@given(
    config=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["steps", "values", "kind", "find", "replacement", "parts", "field", "reads", "join", "replace", "trim"]),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_whatever_a_program_sends_is_taken_or_refused_in_words(config):
    for kind in ("transform", "manipulate"):
        assert taken_or_refused(definition(type=kind, config=config if isinstance(config, dict) else {"steps": config}))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a, b", [field("a"), field("b")]), ('a,"of",b', [field("a"), text("of"), field("b")]), ('"say ""hi"""', [text('say "hi"')]),
        ('"a, b"', [text("a, b")]), (" , ,", []), ("", []), ('""', [text("")]), ('"open', [field('"open')]), ('a "b', [field('a "b')]),
    ],
)  # fmt: skip
def test_what_is_joined_is_written_on_one_line(line, found):
    assert forms.read_parts(line) == found


@given(st.lists(st.one_of(st.builds(text, st.text()), st.sampled_from([field("a"), field("work email")]))))
def test_what_was_written_on_one_line_is_read_from_it_again(found):
    assert forms.read_parts(forms.format_parts(found)) == found


@given(st.text(alphabet='a", \n', max_size=40))
def test_any_line_is_read_to_its_end(line):
    assert isinstance(forms.read_parts(line), list)


@pytest.mark.parametrize(
    ("row", "at", "said"),
    [
        ([definition("a", "b"), definition("b", "a")], "new_field", "goes round in a circle"),
        ([definition("a", "b"), definition("b", "c"), manipulation("x", "a", join(field("c")))], "new_field", "goes round in a circle"),
        (
            [definition("size", "band"), definition("country", "size")],
            "source_field",
            "reads size, which “country to size” makes only after it",
        ),
        ([manipulation("country", "x", join(field("size"))), definition("country", "size")], "source_field", "only after it"),
        ([definition("country", "code"), manipulation("country", "code")], "new_field", "would always overwrite it"),
    ],
)
def test_transforms_that_cannot_stand_in_a_row_are_found(row, at, said):
    fault = find_faults(row, known={"country", "a", "x"})[0]
    assert fault.field == at
    assert said in fault.message


@pytest.mark.parametrize(
    "row",
    [
        [definition("country", "country"), manipulation("country", "country")],
        [definition("country", "code"), definition("country", "code")],
        [definition("country", "code"), definition("code", "region")],
        [definition("country", "code"), manipulation("country", "code", join(field("code"), text("!")))],
        [manipulation("born", "day", date("DD/MM/YYYY", "YYYY")), manipulation("born", "day", date("D.M.YY", "YYYY"))],
        [definition("country", "code"), definition("unheardOf", "x")],
        [definition("a", "b"), definition("a", "a"), definition("b", "c")],
    ],
)
def test_transforms_that_can_stand_in_a_row_are_left_in_peace(row):
    assert find_faults(row, known={"country", "a", "born"}) == []
