"""Value transforms applied to leads: in order, from captured values, without exceptions, within their time."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.plans.plan import PlannedTransform
from processr.transforms import Transforms, limits
from processr.transforms.limits import LONGEST_RESULT
from tests.processr.jobs.asking import LEADS, TEXT
from tests.processr.transforms.making import case, date, field, join, known, manipulate, over, replace, text, trim

CATASTROPHE = r"/(a|a)*$/"
HOSTILE = "a" * 3_000 + "!"
TOO_SLOW = "could not be applied: the expression takes too long"
TOO_MUCH = "could not be applied: its steps take too long, as the values are long"


@pytest.mark.parametrize(
    ("value", "config", "becomes"),
    [
        ("UK", {}, {"code": "GB"}), ("uk", {}, {}), ("UK ", {}, {"code": "GB"}), ("", {}, {}), ("France", {}, {}),
        ("uk", {"any_case": True}, {"code": "GB"}), ("STRASSE", {"any_case": True}, {"code": "DE"}), ("Ireland", {}, {"code": ""}),
        ("Côte d’Ivoire", {}, {"code": "CI"}), ("Co\u0302te d'Ivoire\u200b", {}, {"code": "CI"}), ("Côte\u00a0dʼIvoire", {}, {"code": "CI"}), ("côte d’ivoire", {}, {}),
        ("CÔTE D´IVOIRE", {"any_case": True}, {"code": "CI"}), ("Guinea–Bissau", {}, {"code": "GW"}), ("Guinea‐Bissau", {}, {"code": "GW hyphen"}), ("Cote d'Ivoire", {}, {}),
    ],
)  # fmt: skip
def test_a_known_value_becomes_its_new_one_and_any_other_becomes_nothing(value, config, becomes):
    values = {"UK": "GB", "Straße": "DE", "Ireland": "", "Côte d'Ivoire": "CI", "Guinea-Bissau": "GW", "Guinea‐Bissau": "GW hyphen"}
    assert over({"country": value}, known("country", "code", values, **config)).values == becomes


def test_a_lead_without_the_field_gets_nothing():
    assert over({}, known("country", "code", {"UK": "GB"}), manipulate("country", "shouted", case("upper"))) == ({}, {}, frozenset())


def test_a_later_transform_reads_what_an_earlier_one_made_and_an_earlier_one_does_not_know_a_later():
    first, second = manipulate("country", "tidy", trim(), case("upper")), known("tidy", "code", {"UK": "GB"})
    assert over({"country": " uk "}, first, second).values == {"tidy": "UK", "code": "GB"}
    assert over({"country": " uk "}, second, first).values == {"tidy": "UK"}


def test_a_field_put_right_in_place_is_made_from_what_was_captured_however_often():
    captured = {"country": "uk"}
    longer = manipulate("country", "country", join(field("country"), text("!"), separator=""))
    transforms = Transforms([longer])
    assert [transforms.apply(captured, meta={}).values for _ in range(3)] == [{"country": "uk!"}] * 3
    assert captured == {"country": "uk"}


def test_what_a_form_captured_comes_before_what_is_known_about_the_lead():
    shouted = manipulate("createdDate", "out", case("upper"))
    assert over({"createdDate": "mine"}, shouted, createdDate="2026-01-31").values == {"out": "MINE"}
    assert over({}, shouted, createdDate="2026-01-31").values == {"out": "2026-01-31"}


def test_what_matched_is_told_by_the_field_that_was_read():
    transforms = [known("country", "code", {"UK": "GB"}), known("country", "region", {"FR": "EU"}), known("size", "band", {"1": "small"})]
    assert over({"country": "UK", "size": "2"}, *transforms).matched == {"country"}
    assert over({"country": "US", "size": "1"}, *transforms).matched == {"size"}


def test_a_catastrophic_expression_ends_in_time_and_is_a_problem_of_that_transform_alone():
    slow, sound = manipulate("name", "out", replace(CATASTROPHE)), manipulate("name", "short", replace("/a+/", "a"))
    began = process_time()
    done = over({"name": HOSTILE}, slow, sound)
    assert process_time() - began < 1
    assert (done.values, done.problems) == ({"short": "a!"}, {slow.id: TOO_SLOW})
    assert done.matched == {"name"}, "of a field whose transform had a problem nothing can be said"


def test_a_chunk_of_five_hundred_with_five_catastrophic_expressions_takes_seconds_not_minutes():
    slow = [manipulate("name", f"out{n}", replace(CATASTROPHE)) for n in range(5)]
    transforms = Transforms(slow)
    began = process_time()
    problems = [transforms.apply({"name": HOSTILE}, meta={}).problems for _ in range(500)]
    assert process_time() - began < 5
    assert problems == [{one.id: TOO_SLOW for one in slow}] * 500


def test_a_chunk_of_long_values_whose_case_is_changed_over_and_over_takes_a_moment(monkeypatch):
    """Twenty steps over five hundred values of twenty thousand letters would take five minutes of one transform, and keep a worker."""
    monkeypatch.setattr(limits, "TEXT_SECONDS", 0.05)
    heavy = manipulate("name", "out", *[case("title"), case("sentence")] * 10)
    transforms = Transforms([heavy, manipulate("name", "short", case("upper"))])
    began = process_time()
    done = [transforms.apply({"name": "ab " * 6_000}, meta={}) for _ in range(500)]
    assert process_time() - began < 2
    assert {problem for one in done[1:] for problem in one.problems.values()} == {TOO_MUCH}
    assert all(one.values["short"].startswith("AB AB") for one in done)


def test_all_transforms_of_a_chunk_share_a_budget(monkeypatch):
    monkeypatch.setattr(limits, "CHUNK_SECONDS", 0.2)
    heavy = [manipulate("name", f"out{n}", *[case("title")] * 20) for n in range(25)]
    slow = [manipulate("name", f"slow{n}", replace(CATASTROPHE, "x")) for n in range(25)]
    transforms = Transforms([*heavy, *slow, known("name", "code", {"Anna": "A"})])
    began = process_time()
    done = [transforms.apply({"name": value}, meta={}) for value in ("ab " * 6_000, HOSTILE, "Anna")]
    assert process_time() - began < 1
    assert set(done[-1].problems.values()) == {TOO_SLOW, TOO_MUCH}
    assert done[-1].values == {"code": "A"}
    assert not Transforms(heavy).apply({"name": "anna"}, meta={}).problems


def test_the_case_of_what_people_write_is_changed_for_every_lead_of_a_chunk():
    transforms = Transforms([manipulate("name", "out", *[case("title")] * 3)])
    assert not any(transforms.apply({"name": "anna-maria o'neil " * 5}, meta={}).problems for _ in range(500))


def test_an_expression_that_is_slow_for_one_lead_only_still_runs_for_the_others():
    slow = manipulate("name", "out", replace(CATASTROPHE, "x"))
    transforms = Transforms([slow])
    leads = [{"name": HOSTILE}, *[{"name": "b"}] * 20, {"name": HOSTILE}, {"name": "b"}]
    done = [transforms.apply(lead, meta={}) for lead in leads]
    assert [bool(one.problems) for one in done] == [True, *[False] * 20, True, False]


def test_the_next_chunk_begins_with_new_patience():
    slow = manipulate("name", "out", replace(CATASTROPHE, "x"))
    tired = Transforms([slow])
    for _ in range(4):
        tired.apply({"name": HOSTILE}, meta={})
    assert tired.apply({"name": "b"}, meta={}).problems == {slow.id: TOO_SLOW}
    assert Transforms([slow]).apply({"name": "b"}, meta={}).problems == {}


@pytest.mark.parametrize(
    ("length", "fits"),
    [(LONGEST_RESULT, True), (LONGEST_RESULT + 1, False)],
)
def test_a_result_may_be_so_long_and_no_longer(length, fits):
    done = over({"name": "x" * length}, manipulate("name", "out", case("upper")))
    assert ("out" in done.values, len(done.problems)) == (fits, 0 if fits else 1)


def test_a_replacement_that_would_fill_the_memory_is_stopped_on_its_way():
    began = process_time()
    done = over({"name": "a" * 10_000}, manipulate("name", "out", replace("/(?=(.*))/", "$1" * 200)))
    assert list(done.problems.values()) == ["could not be applied: the result has more than 20,000 characters"]
    assert process_time() - began < 1


@pytest.mark.parametrize(
    "config",
    [{}, {"steps": None}, {"steps": [{}]}, {"steps": [{"kind": "no such"}]}, {"steps": [{"kind": "replace"}]},
     {"steps": [replace("/(/")]}, {"steps": [case("no such")]}, {"steps": [date("no", "such")]}, {"steps": 7}],
)  # fmt: skip
def test_settings_that_no_longer_work_are_a_problem_and_no_exception(config):
    broken = PlannedTransform(1, "Broken", "manipulate", "a", "b", config)
    done = over({"a": "x", "c": "y"}, broken, manipulate("c", "d", case("upper")))
    assert (done.values, done.problems) == ({"d": "Y"}, {1: "could not be applied: its settings are not understood"})


def test_a_kind_nobody_has_taught_us_changes_nothing():
    assert over({"a": "x"}, PlannedTransform(1, "Future", "future", "a", "b", {})) == ({}, {}, frozenset())


EXPRESSIONS = st.sampled_from(
    ["/a+/", "/(.*?)x/s", r"/\w+/u", r"/(\s|.)*/", r"/\p{L}/iu", r"/^|$/m", "/./", r"/(?<=a)b|\R/", CATASTROPHE, r"/\X/u"]
)
STEPS = st.one_of(
    st.builds(replace, EXPRESSIONS, st.sampled_from(["", "$0", "$0$0", r"\1", "x", "\\", "$"])),
    st.builds(case, st.sampled_from(["upper", "lower", "title", "sentence"])),
    st.builds(trim, st.booleans()),
    st.builds(date, st.sampled_from(["DD/MM/YYYY", "D.M.YY"]), st.just("YYYY-MM-DD")),
    st.builds(lambda parts, separator: join(*parts, separator=separator), st.lists(st.builds(field, TEXT), max_size=3), TEXT),
)
NAMES = st.sampled_from(["firstName", "email", "company", "country", "out"])


@given(
    captured=LEADS,
    steps=st.lists(st.tuples(NAMES, NAMES, st.lists(STEPS, max_size=4)), max_size=4),
    values=st.dictionaries(TEXT, TEXT, max_size=4),
)
def test_whatever_the_lead_and_the_steps_nothing_is_raised_and_the_same_comes_of_the_same(captured, steps, values):
    transforms = [manipulate(source, new, *each) for source, new, each in steps] + [known("company", "code", values, any_case=True)]
    first, again = over(captured, *transforms), over(captured, *transforms)
    assert all(isinstance(value, str) and len(value) <= LONGEST_RESULT for value in first.values.values() if value not in values.values())
    assert first == again
    assert first.problems.keys() <= {one.id for one in transforms}


def test_five_hundred_leads_with_twenty_transforms_take_a_fraction_of_a_second():
    steps = [trim(inner=True), replace(r"/(\w+) (\w+)/", "$2 $1"), case("title"), join(field("name"), text("of"), field("company"))]
    transforms = [manipulate("name", f"m{n}", *steps) for n in range(10)]
    transforms += [known("country", f"k{n}", {str(value): "x" for value in range(200)} | {"UK": "GB"}) for n in range(10)]
    lead = {"name": "jane  anne  doe", "company": "Acme", "country": "UK"}
    began = process_time()
    chunk = Transforms(transforms)
    done = [chunk.apply(lead, meta={}) for _ in range(500)]
    assert process_time() - began < 1
    assert (done[-1].values["m9"], done[-1].values["k9"]) == ("Anne Jane Doe of Acme", "GB")
