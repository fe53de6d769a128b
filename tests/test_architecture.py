"""The laws of the design, read off the source (layers are held by import-linter, beside this)."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import APPS, ROOT, trees

STATUS_COLUMNS = {
    "processr_status", "qa_status", "second_check", "current_status", "delivery_status", "hold_reason",
    "publisher_billable", "advertiser_billable", "over_allocation", "contract_slot", "campaign_slot", "deleted_at",
}  # fmt: skip
WRITERS_OF_STATUS = {
    "leads/lifecycle/verbs.py",
    "leads/lifecycle/claims.py",
    "leads/lifecycle/billing.py",
    "leads/lifecycle/state.py",
    "leads/lifecycle/bulk_update.py",
}
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 500, 60
PLUG_INS = {"processr/jobs/quality", "processr/jobs/enrichment", "integrations/kinds", "integrations/columns"}
NAMES_THAT_SAY_NOTHING = {"utils.py", "helpers.py", "common.py", "extras.py", "misc.py"}

READERS_OF_JSON = {
    "config/core/api/json_body.py": "bodies of requests",
    "config/core/audit.py": "values of our own, as they are stored",
    "config/core/demo.py": "a file of our own",
    "config/core/http/response.py": "answers of others",
    "config/embedded/paths.py": "a file of our own",
    "config/embedded/welcome.py": "a file of our own",
    "campaigns/submission.py": "our own rows",
    "integrations/kinds/http_response.py": "answers of others",
    "leads/selectors.py": "our own rows",
    "processr/jobs/enrichment/http_enrichment.py": "answers of others",
    "processr/jobs/http/call.py": "our own cache",
    "processr/jobs/quality/http_check.py": "answers of others",
}
WORKED_EXAMPLES = {
    "processr/jobs/quality/odd_length.py", "tests/processr/jobs/test_odd_length.py",
    "integrations/kinds/text_line.py", "tests/integrations/kinds/test_text_line.py",
    "processr/api/publishers.py", "integrations/columns/last_answer.py", "tests/processr/api/test_publishers.py",
}  # fmt: skip
CONVERTERS_OF_DIGITS = {
    "config/core/api/bodies.py": "a length, cut to 19 digits",
    "config/core/http/address_guard.py": "a setting of the installation",
    "config/core/tabular/cell_values.py": "a number of a format, at most seven digits",
    "config/core/tabular/workbook_reader.py": "a number of a row, at most seven digits",
    "config/embedded/postgres.py": "a limit of the kernel",
    "config/embedded/processes.py": "process ids of the kernel",
    "config/embedded/programs.py": "a setting of the installation",
    "processr/api/steps.py": "a position, at most five digits",
    "processr/job_types/rows_field.py": "the number of a row, written by the form itself",
    "processr/jobs/http/answer_path.py": "a step of a path, whose length the settings limit",
    "processr/transforms/drafts.py": "the number of a row, at most six digits",
}
"""Where text of digits is converted other than by `config.core.ids`, with what bounds it: Python refuses more than 4,300 digits."""
FILE_FORMATS = {"csv", "openpyxl", "xlsxwriter", "zipfile", "msoffcrypto", "pyzipper"}


def sources() -> list[Path]:
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return trees()[named(path)]


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_files_and_functions_stay_readable():
    """Ceilings that catch accidents; complexity has one as well, in ruff's settings."""
    long = [f"{named(p)}: {n} lines" for p in sources() if (n := len(p.read_text().splitlines())) > MOST_LINES_OF_A_FILE]
    for path in sources():
        for function in functions(tree(path)):
            lines = function.end_lineno - function.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                long.append(f"{named(path)}:{function.lineno} {function.name}: {lines} lines")
    assert long == []


def test_no_file_name_says_nothing_and_no_star_is_imported():
    assert [named(p) for p in sources() if p.name in NAMES_THAT_SAY_NOTHING] == []
    stars = [named(p) for p in sources() for n in ast.walk(tree(p)) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
    assert stars == []


def test_status_has_one_writer():
    """No assignment, no update(), no save(update_fields) of a status column outside the lifecycle and what it is made of."""
    writes = []
    for path in sources():
        if named(path) in WRITERS_OF_STATUS or "/models/" in named(path):
            continue
        writes += [f"{named(path)}:{line}" for line in _status_writes(tree(path))]
        writes += [f"{named(path)}: raw SQL" for _ in re.finditer(r"UPDATE\s+leads_lead\b", path.read_text())]
    assert writes == []


def _status_writes(module: ast.Module) -> Iterator[int]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            targets = [t for target in node.targets for t in ast.walk(target)]
            if any(isinstance(t, ast.Attribute) and t.attr in STATUS_COLUMNS for t in targets):
                yield node.lineno
        is_update = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"update", "aupdate"}
        if is_update and any(keyword.arg in STATUS_COLUMNS for keyword in node.keywords):
            yield node.lineno


def test_leads_are_read_through_their_selector():
    """Views, APIs and tables never start from Lead.objects."""
    edges = [p for p in sources() if p.name in {"views.py", "tables.py", "filters.py"} or "/views/" in named(p)]
    assert [named(p) for p in edges if "Lead.objects" in p.read_text()] == []


def test_one_module_publishes_to_the_broker():
    calls = {".delay(", ".apply_async(", ".delay_on_commit(", "send_task("}
    assert [named(p) for p in sources() if named(p) != "config/core/background/notify.py" and any(c in p.read_text() for c in calls)] == []


def test_one_module_claims_moves_and_ends_background_runs():
    columns = re.compile(r"\b(beat_at|stop_asked)=|\bstate=(Run|LeadImport|LeadExport|ValueImport|BulkAction)\.State\.")
    assert [named(p) for p in sources() if columns.search(p.read_text())] == ["config/core/background/runs.py"]


def test_one_module_reads_the_json_of_requests():
    """Every module that decodes JSON is named here with what it decodes, and Django REST framework's parser is not used."""
    decoding = re.compile(r"\bjson\.loads?\(|\bJSONDecoder\b|\borjson\b|\bJSONParser\b|\brequest\.data\b|import loads?\b")
    assert {named(p) for p in sources() if decoding.search(p.read_text())} == set(READERS_OF_JSON)


def test_plug_in_keys_are_never_choices():
    assert not re.search(
        r"type = models\.CharField\([^)]*choices", (ROOT / "processr/models/job.py").read_text().split("class ValueTransform")[0]
    )


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_promised_for_later(word):
    assert [named(p) for p in sources() if re.search(rf"\b{word}\b", p.read_text())] == []


def test_no_two_classes_have_one_name():
    """Names of types (aliases, type variables) count as well.

    Django prescribes the name Command, and its idiom are choices nested in their model: `Run.State`, `Delivery.State`. A module may call
    these by their last name (`State = Delivery.State`).
    """
    where: dict[str, list[str]] = {}
    for path in sources():
        for name in _names_of_types(tree(path)):
            if name != "Command":
                where.setdefault(name, []).append(named(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def _names_of_types(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name) and re.fullmatch(r"_?[A-Z]\w*[a-z]\w*", target.id)]
            yield from (name for name in names if not (isinstance(node.value, ast.Attribute) and node.value.attr == name))


def test_no_package_holds_more_modules_than_one_can_look_through():
    """Folders of plug-ins aside: their files are found by discovery."""
    modules = Counter(str(path.parent.relative_to(ROOT)) for path in sources())
    assert {package: n for package, n in modules.items() if n > 20 and package not in PLUG_INS} == {}


def test_docstrings_state_their_subject():
    vague = re.compile(r"(What|Who|Of)\b")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [(path, ast.get_docstring(node)) for path in sources() for node in ast.walk(tree(path)) if isinstance(node, documented)]
    assert [f"{named(path)}: {text}" for path, text in docstrings if text and vague.match(text)] == []


def test_documents_that_are_cited_are_in_the_repository():
    """A decision that the code names by its number stands in docs/decisions.md."""
    decided = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs/decisions.md").read_text(), re.MULTILINE))
    texts = {path: path.read_text() for path in [*sources(), *sorted((ROOT / "tests").rglob("*.py"))]}
    cited = {
        number
        for text in texts.values()
        for numbers in re.findall(r"decisions? ((?:\d+(?:, | and | to )?)+)", text)
        for number in re.findall(r"\d+", numbers)
    }
    assert cited, "no decision is cited at all: the pattern is wrong"
    assert cited - decided == set()
    elsewhere = re.compile(r"\b(DESIGN \d|spec/\w+\.md|LAYOUT\.md|STYLE\.md)")
    assert [named(path) for path, text in texts.items() if elsewhere.search(text) and path.name != "test_architecture.py"] == []


def test_paths_that_documents_name_exist():
    """Test modules and templates are also named without their first folder; the changelog may name what is gone."""
    named_path = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
    documents = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    paths = {(path, document.name) for document in documents for path in named_path.findall(document.read_text())}
    folders = {"docs", "static", "templates", "tests", *APPS}
    files = {(path, name) for path, name in paths if path.partition("/")[0] in folders or path.endswith((".py", ".html"))}
    assert len(files) > 50, "hardly any path is named: the pattern is wrong"
    parents = (ROOT, ROOT / "tests", ROOT / "templates")
    missing = {(path, name) for path, name in files if not any((parent / path).exists() for parent in parents)}
    assert {(path, name) for path, name in missing if path not in WORKED_EXAMPLES} == set()


def test_jobs_read_values_as_they_were_transformed():
    """Captured values are not theirs to read: `JobLead.values`, `text` and `FieldSelection` lay the transformed ones over them."""
    for package in ("processr/jobs", "processr/duplicates", "processr/lists"):
        readers = [
            f"{named(path)}:{node.lineno}"
            for path in sources()
            if named(path).startswith(package)
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and node.attr == "captured"
        ]
        assert readers == []


def test_tables_in_files_are_read_and_written_by_one_package():
    strangers = []
    for path in sources():
        if named(path).startswith("config/core/tabular/"):
            continue
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if names and FILE_FORMATS & {name.partition(".")[0] for name in names}:
                strangers.append(f"{named(path)}:{node.lineno}")
    assert strangers == []


def test_text_of_digits_is_converted_by_the_parser_of_ids():
    """A check of the digits alone lets a number of any length pass."""
    found = set()
    for path in sources():
        for function in functions(tree(path)):
            nodes = list(ast.walk(function))
            checks_digits = any(isinstance(node, ast.Attribute) and node.attr in {"isdecimal", "isdigit", "isnumeric"} for node in nodes)
            if checks_digits and any(isinstance(node, ast.Name) and node.id == "int" and _is_value(node, nodes) for node in nodes):
                found.add(named(path))
    assert found == set(CONVERTERS_OF_DIGITS)


def _is_value(name: ast.Name, nodes: list[ast.AST]) -> bool:
    """Whether the name is called or passed on, as opposed to being an annotation."""
    return any(isinstance(node, ast.Call) and name in (node.func, *node.args) for node in nodes)
