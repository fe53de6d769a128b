"""The result of each kind of step, as tables."""

import pytest

from processr.transforms import expressions
from processr.transforms.dates import InvalidDateFormat, parse_format
from processr.transforms.php_regex import ExpressionSyntaxError
from processr.transforms.steps import sentence, title
from tests.processr.transforms.making import case, date, field, join, manipulate, over, replace, result, text, trim


@pytest.mark.parametrize(
    ("find", "replacement", "value", "becomes"),
    [
        (r"/(\d{4})\-(\d{2})\-(\d{2})$/", "$2", "2026-11-21", "11"),
        (r"#a#i", "b", "xAa", "xbb"),
        (r"~/~", "-", "a/b", "a-b"),
        (r"/a\/b/", "x", "a/b", "x"),
        (r"{(\w+) (\w+)}", "${2}, $1", "Jane Doe", "Doe, Jane"),
        (r"(\d+)", "<$0>", "a12b3", "a<12>b<3>"),
        (r"<(a)(<b>)>", r"\2\1", "a<b>", "<b>a"),
        (r"[[0-9]]", "#", "a1]", "a#]"),
        (r"/^b/m", "x", "a\nb", "a\nx"),
        (r"/a.b/", "x", "a\nb", "a\nb"),
        (r"/a.b/s", "x", "a\nb", "x"),
        (r"/a b # both/x", "x", "ab", "x"),
        (r"/a #/", "x", "a #", "x"),
        (r"/é/i", "x", "É", "É"),
        (r"/é/iu", "x", "É", "x"),
        (r"/\d+/", "#", "١٢", "١٢"),
        (r"/\d+/u", "#", "١٢", "#"),
        (r"/\p{Lu}+/u", "-", "ÄBc", "-c"),
        (r"/\x{e9}/", "e", "café", "cafe"),
        (r"/[\x{e0}-\x{ff}]/", "?", "café", "caf?"),
        (r"/[[:alpha:]\[{}]+/", "-", "ab[{c1", "-1"),
        (r"/a{2}/", "x", "aaa", "xa"),
        (r"#{name}#", "Jo", "{name}", "Jo"),
        (r"#a{e<=1}#", "x", "a{e<=1} b", "x b"),
        (r"/(?'year'\d{4})-\k{year}/", "${1}", "2020-2020", "2020"),
        (r"/(x)\g{1}/", "y", "xx", "y"),
        (r"/\Qa.b\E+/", "x", "a.bb axb", "x axb"),
        (r"/x\K y/", "_", "x y", "x_"),
        (r"/\h+/", "_", "a \t b", "a_b"),
        (r"/[\h\v]+/", "_", "a \n b", "a_b"),
        (r"/\R/", " ", "a\r\nb", "a b"),
        (r"/a$/", "x", "a\n", "x\n"),
        (r"/a\z/", "x", "a\n", "a\n"),
        (r"/a\Z/", "x", "a\n", "x\n"),
        (r"/(?i)a/", "x", "Aa", "xx"),
        (r"/(?i:a)a/", "x", "Aa AA", "x AA"),
        (r"/(a)|b/", r"[\1]", "ab", "[a][]"),
        (r"/a/", r"\$0\\", "a", "$0\\"),
        (r"/a/", "$", "a", "$"),
        (r"/, /", r"\n", "a, b", "a\nb"),
        (r"/, /", r"\\n\t", "a, b", "a\\n\tb"),
        (r"/nothing/", "x", "as it was", "as it was"),
        (r"/.+/", "", "gone", ""),
        ("  /a/  ", "x", "a", "x"),
    ],
)  # fmt: skip
def test_expressions_mean_what_php_means_by_them(find, replacement, value, becomes):
    assert result(value, replace(find, replacement)) == becomes


@pytest.mark.parametrize(
    ("find", "said"),
    [
        ("", "Begin and end the expression with the same sign"),
        ("abc", "Begin and end the expression with the same sign"),
        (r"\a\\", "Begin and end the expression with the same sign"),
        ("/abc", "begins with / and must end with /"),
        ("(abc", "begins with ( and must end with )"),
        (r"/abc\/", "begins with / and must end with /"),
        (r"(\d{4})-(\d{2})", "only the letters i, m, s, x, u may stand, not -"),
        ("/a/g", "only the letters i, m, s, x, u may stand, not g"),
        ("/a/e", "only the letters i, m, s, x, u may stand, not e"),
        ("/(/", "missing )"),
        ("/[/", "unterminated character set"),
        ("/*/", "nothing to repeat"),
        ("/a{2,1}/", "min repeat greater than max repeat"),
        (r"/\m/", r"\m is not known"),
        (r"/\L<x>/", r"\L is not known"),
        (r"/[\m]/", r"\m is not known between [ and ]"),
        (r"/\x{110000}/", "There is no character 110000"),
        ("/a(?i)b/", "Flags stand after the last delimiter"),
        ("/(?e)a/", "Flags stand after the last delimiter"),
        ("/(?V1)a/", "Flags stand after the last delimiter"),
        ("/(?b:a)/", "is not known here"),
        ("/(*SKIP)a/", "is not known here"),
        (r"/\k{nobody}/", "unknown group"),
        ("/" + "(" * 400 + "/", "too deeply nested"),
        ("/" + "a" * 600 + "/", "at most 500 characters"),
    ],
)
def test_what_is_no_expression_is_refused_in_words(find, said):
    with pytest.raises(ExpressionSyntaxError) as refused:
        expressions.compile_expression(find)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("to", "value", "becomes"),
    [
        ("upper", "straße", "STRASSE"), ("lower", "ÀB", "àb"), ("title", "JEAN-LUC o'neil's", "Jean-Luc O'Neil's"),
        ("title", "d’arc it's mcdonald", "D’Arc It's Mcdonald"), ("title", "élan 2nd", "Élan 2nd"),
        ("sentence", "HELLO there. HOW are you? fine", "Hello there. How are you? Fine"), ("sentence", "3.5 MILES", "3.5 miles"),
        ("sentence", "(why NOT) ok", "(Why not) ok"), ("title", "", None), ("sentence", "...", "..."),
        ("title", "3RD of the 21ST", "3rd Of The 21st"), ("title", "1er étage, 2ÈME porte", "1er Étage, 2ème Porte"), ("title", "221b baker street", "221B Baker Street"),
        ("title", "2e 12E", "2e 12E"), ("title", "e\u0301cole JOSE\u0301 GARCI\u0301A", "E\u0301cole Jose\u0301 Garci\u0301a"), ("title", "D\u0327O", "D\u0327o"),
        ("title", "d’artagnan d'artagnan OʼBRIEN", "D’Artagnan D'Artagnan OʼBrien"), ("title", "ångström A\u030aNGSTRO\u0308M", "Ångström A\u030angstro\u0308m"),
        ("title", "DİYARBAKIR i\u0307zmir", "Diyarbakir I\u0307zmir"), ("title", "ΝΙΚΟΣ ΠΑΠΑΣ", "Νικος Παπας"), ("title", "نِيل फ़िल्म", "نِيل फ़िल्म"), ("title", "11TH 12th 103RD", "11th 12th 103rd"),
        ("title", "re\u0301mi d\u2019e\u0301tampes", "Re\u0301mi D\u2019E\u0301tampes"), ("lower", "İZMİR", "izmir"), ("sentence", "E\u0301COLE", "E\u0301cole"), ("title", "1ª CALLE", "1ª Calle"),
    ],
)  # fmt: skip
def test_capitals_are_set(to, value, becomes):
    assert result(value, case(to)) == becomes


def test_setting_capitals_takes_time_in_proportion_to_the_text():
    hostile = ". " * 200_000
    assert (title(hostile), sentence(hostile)) == (hostile, hostile)


@pytest.mark.parametrize(
    ("step", "value", "becomes"),
    [
        (trim(), "  a  b ", "a  b"), (trim(inner=True), "  a  b\n c ", "a b c"), (trim(), "\u00a0a\u00a0", "a"), (trim(), "   ", ""),
        (trim(), "", None),
    ],
)  # fmt: skip
def test_spaces_are_taken_away(step, value, becomes):
    assert result(value, step) == becomes


@pytest.mark.parametrize(
    ("reads", "writes", "value", "becomes"),
    [
        ("DD/MM/YYYY", "YYYY-MM-DD", "31/01/2026", "2026-01-31"),
        ("D/M/YY", "DD MMM YYYY", "1/2/99", "01 Feb 1999"),
        ("D/M/YY", "YYYY", "1/2/69", "2069"),
        ("D/M/YY", "YYYY", "1/2/70", "1970"),
        ("MMMM D, YYYY", "YYYY/MM/DD", "march 3, 2026", "2026/03/03"),
        ("YYYY-MM-DD HH:mm:ss", "DD.MM.YY HH:mm", "2026-11-21 14:05:09", "21.11.26 14:05"),
        ("YYYY-MM-DD", "MM", "2026-11-21", "11"),
        ("YYYY-MM-DD", "YYYY-MM-DDTHH:mm:ssZ", "2026-11-21", "2026-11-21T00:00:00Z"),
        ("DD/MM", "MM-DD", "29/02", "02-29"),
        ("DD/MM/YYYY", "YYYY-MM-DD", " 31/01/2026 ", "2026-01-31"),
        ("DD/MM/YYYY", "YYYY-MM-DD", "31/02/2026", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "29/02/2027", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "1/1/2026", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "31/01/2026 and more", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "٣١/٠١/٢٠٢٦", None),
        ("D/M/YYYY", "YYYY", "1/1/0000", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "soon", None),
        ("DD/MM/YYYY", "YYYY-MM-DD", "", None),
    ],
)
def test_dates_are_written_another_way_and_what_is_no_such_date_has_no_result(reads, writes, value, becomes):
    assert result(value, date(reads, writes)) == becomes


@pytest.mark.parametrize(
    ("written", "said"),
    [("dd/mm/yyyy", "“d” is no part of a date"), ("", "There is no part of a date"), ("-", "There is no part of a date"),
     ("DD/DD", "The day is in it twice"), ("DD MMMM M", "The month is in it twice"), ("D" * 61, "at most 60 characters")],
)  # fmt: skip
def test_what_is_no_way_to_write_a_date_is_refused_in_words(written, said):
    with pytest.raises(InvalidDateFormat, match=said):
        parse_format(written)


@pytest.mark.parametrize(
    ("steps", "captured", "becomes"),
    [
        ([join(field("a"), field("b"))], {"a": "1", "b": "2"}, "1 2"),
        ([join(field("b"), field("a"), separator=", ")], {"a": "1", "b": "2"}, "2, 1"),
        ([join(field("a"), field("none"), field("b"), separator="-")], {"a": "1", "b": "2", "none": ""}, "1-2"),
        ([join(field("a"), text("of"), field("b"))], {"a": "1", "b": "2"}, "1 of 2"),
        ([join(field("a"), field("b"), separator=r"\n")], {"a": "1", "b": "2"}, "1\n2"),
        ([case("upper"), join(field("a"), field("b"))], {"a": "x", "b": "y"}, "X y"),
        ([join(field("b"))], {"b": "only b"}, "only b"),
        ([join(field("b"), field("c"))], {}, None),
        ([join(field("b"))], {"a": "gone", "b": ""}, ""),
        ([join(field("number"), field("yes"))], {"number": 7, "yes": True, "a": None}, "7 True"),
        ([join(field("createdDate"), field("a"))], {"a": "1"}, "2026-01-31 1"),
        ([join(field("CreatedDate"), field("a"))], {"a": "1"}, "1"),
    ],
)
def test_fields_and_texts_are_joined(steps, captured, becomes):
    done = over(captured, manipulate("a", "out", *steps), createdDate="2026-01-31")
    assert (done.values.get("out"), done.problems) == (becomes, {})


def test_four_questions_and_answers_become_one_note():
    captured = {f"{what}{n}": f"{what} {n}" for n in range(1, 5) for what in ("question", "answer")}
    pairs = [join(field(f"question{n}"), field(f"answer{n}"), separator=": ") for n in range(1, 5)]
    each = [manipulate(f"question{n}", f"pair{n}", pair) for n, pair in enumerate(pairs, start=1)]
    notes = manipulate("pair1", "notes", join(*(field(f"pair{n}") for n in range(1, 5)), separator=r"\n"))
    assert over(captured, *each, notes).values["notes"] == "\n".join(f"question {n}: answer {n}" for n in range(1, 5))
