"""The raw SQL of the product, and the record of which of it the tests marked `sql` reach (`--every-statement`).

Django writes most statements and answers for them on every version of PostgreSQL. What the product writes itself is found by reading its
source: the statements of Python that give SQL to a cursor, the string literals that are SQL or a part of it, the subclasses of `Func`, and
the functions that migrations install. A call is reached when it executes, a literal when it stands in an executed statement, a `Func` when
it is compiled, an installed function when it has raised. What runs in migrations alone is reached by the migrations.
"""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db.backends.utils import CursorWrapper
from django.db.models import Func

from tests.sources import ROOT, nodes_of, trees

EXCLUDED = ("config/embedded/", "config/core/database/")
"""The launcher, which looks after the server, and the engine, which passes statements on."""
KEYWORDS = (
    "WITH", "SELECT", "INSERT INTO", "UPDATE", "DELETE FROM", "MERGE INTO", "COPY", "SET", "LOCK", "EXPLAIN", "ANALYZE", "TRUNCATE", "NOTIFY",
    "UNION", "FROM", "JOIN", "LEFT JOIN", "CROSS JOIN", "LATERAL", "WHERE", "AND", "OR", "NOT", "EXISTS", "CASE", "WHEN", "ORDER BY",
    "GROUP BY", "HAVING", "RETURNING", "ON CONFLICT", "LIMIT", "FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE", "FOR KEY SHARE", "coalesce",
)  # fmt: skip
SQL = re.compile(rf"\s*\(*({'|'.join(KEYWORDS)})\b(?=\s*\S)")
INSTALLED = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)")
EXPRESSIONS = {"Func", "Aggregate", "Transform"}
HOLE = "\0"

Call = tuple[str, int, int]
"""File, first and last line of the Python statement."""
Text = tuple[str, int, str]
"""File, line, and the text of a literal with holes, the name of a `Func` (`Func jsonb_array_length`) or of a function (`FUNCTION x`)."""


@functools.cache
def modules() -> dict[str, ast.Module]:
    return {name: module for name, module in trees().items() if not name.startswith(EXCLUDED)}


def sources() -> Iterator[tuple[str, ast.Module]]:
    return ((name, module) for name, module in modules().items() if "/migrations/" not in name)


@functools.cache
def calls() -> frozenset[Call]:
    return frozenset(call for name, module in sources() for call in calls_in(name, module))


@functools.cache
def literals() -> frozenset[Text]:
    return frozenset(text for name, module in sources() for text in literals_in(name, module))


@functools.cache
def expressions() -> frozenset[Text]:
    return frozenset(text for name, module in sources() for text in expressions_in(name, module))


@functools.cache
def functions() -> frozenset[Text]:
    return frozenset(text for name, module in modules().items() for text in functions_in(name, module))


def everything() -> frozenset[Call | Text]:
    return calls() | literals() | expressions() | functions()


def calls_in(name: str, module: ast.Module) -> Iterator[Call]:
    for node in nodes_of(module):
        if isinstance(node, ast.stmt) and any(_executes(part) for part in _own_nodes(node)):
            yield name, node.lineno, _last_line(node)


def _last_line(statement: ast.stmt) -> int:
    """Return the last line of a statement, of a compound one (`with`, `if`) that of its head."""
    inside: list[ast.stmt] = getattr(statement, "body", [])
    return inside[0].lineno - 1 if inside else statement.end_lineno or statement.lineno


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of the statement itself, without those of the statements inside it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _executes(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    method = node.func.attr
    executes = method in {"execute", "executemany", "copy", "callproc"}
    return method == "raw" or (executes and ast.unparse(node.func.value).endswith(("cursor", "cursor()")))


def literals_in(name: str, module: ast.Module) -> Iterator[Text]:
    for node in _strings(module):
        text = _text(node)
        if SQL.match(text):
            yield name, node.lineno, _one_line(text)


def expressions_in(name: str, module: ast.Module) -> Iterator[Text]:
    for node in nodes_of(module):
        if isinstance(node, ast.ClassDef) and EXPRESSIONS.intersection(map(_last_name, node.bases)):
            yield name, node.lineno, f"Func {node.name}"
        elif isinstance(node, ast.Call) and _last_name(node.func) in EXPRESSIONS:
            yield from (
                (name, node.lineno, f"Func {ast.literal_eval(keyword.value)}")
                for keyword in node.keywords
                if keyword.arg in {"function", "template"}
            )


def _last_name(node: ast.expr) -> str:
    """Return `Func` of both `Func` and `models.Func`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def functions_in(name: str, module: ast.Module) -> Iterator[Text]:
    for node in _strings(module):
        yield from ((name, node.lineno, f"FUNCTION {found}") for found in INSTALLED.findall(_text(node)))


def _strings(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield all string literals but docstrings; an f-string as a whole, not its parts."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        if isinstance(node, ast.JoinedStr) or isinstance(node.value, str):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _strings(child)


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    return re.sub(r"\{\w*\}", HOLE, str(node.value))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part.strip()) for part in text.split(HOLE)))


class Recorder:
    """Collects what is reached while `listening` is set."""

    def __init__(self) -> None:
        self.listening = False
        self.reached: set[Call | Text] = set()
        self._executed: set[tuple[str, frozenset[str]]] = set()
        self._calls = {(name, line): (name, first, last) for name, first, last in calls() for line in range(first, last + 1)}
        self._patterns = {literal: pattern(literal[2]) for literal in literals()}
        self._composers = {literal[0] for literal in self._patterns} - {name for name, _, _ in calls()}
        """The modules that execute nothing themselves: others put their text into statements."""

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        for owner, method in ((CursorWrapper, "execute"), (CursorWrapper, "executemany"), (psycopg.Cursor, "copy")):
            patch.setattr(owner, method, self._recorded(getattr(owner, method)))
        patch.setattr(Func, "as_sql", self._compiled(Func.as_sql))

    def _recorded(self, method: Any) -> Any:
        @functools.wraps(method)
        def recorded(cursor: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.listening:
                return method(cursor, statement, *args, **kwargs)
            self._record(sys._getframe(1), str(statement))
            try:
                return method(cursor, statement, *args, **kwargs)
            except Exception as error:
                self._record_functions(error)
                raise

        return recorded

    def _compiled(self, method: Any) -> Any:
        @functools.wraps(method)
        def compiled(expression: Func, *args: Any, **kwargs: Any) -> Any:
            if self.listening:
                names = {type(expression).__name__, expression.extra.get("function"), expression.extra.get("template")}
                self.reached.update(text for text in expressions() if text[2].removeprefix("Func ") in names)
            return method(expression, *args, **kwargs)

        return compiled

    def _record(self, frame: Any, statement: str) -> None:
        """Record the call, and the literals that stand in the statement: of the modules on the stack, and of those that execute nothing."""
        call, files = None, set()
        while frame is not None:
            name = frame.f_code.co_filename.removeprefix(f"{ROOT}/")
            files.add(name)
            call = call or self._calls.get((name, frame.f_lineno))
            frame = frame.f_back
        if call is None:
            return
        self.reached.add(call)
        executed = _one_line(statement), frozenset(files)
        if executed not in self._executed:
            self._executed.add(executed)
            found = [text for text, wanted in self._patterns.items() if text[0] in files | self._composers and wanted.search(executed[0])]
            self.reached.update(found)
            for text in found:
                del self._patterns[text]

    def _record_functions(self, error: Exception) -> None:
        """Record the installed functions that PostgreSQL names as the origin of the error."""
        context = getattr(getattr(error.__cause__, "diag", None), "context", None) or ""
        self.reached.update(text for text in functions() if f"function {text[2].removeprefix('FUNCTION ')}(" in context)


def unreached(reached: set[Call | Text]) -> list[str]:
    left = sorted(everything() - reached, key=lambda site: (site[0], site[1], str(site[2])))
    return [f"{name}:{line}: {'the call' if isinstance(last, int) else last.replace(HOLE, '…')[:100]}" for name, line, last in left]


class EveryStatement:
    """The plugin that `--every-statement` registers. The processes of xdist hand over what they have reached."""

    def __init__(self) -> None:
        self.recorder, self.patch = Recorder(), pytest.MonkeyPatch()

    def pytest_sessionstart(self) -> None:
        self.recorder.listen(self.patch)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.recorder.listening = item.get_closest_marker("sql") is not None
        try:
            return (yield)
        finally:
            self.recorder.listening = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.recorder.reached |= {tuple(site) for site in getattr(node, "workeroutput", {}).get("raw_sql", [])}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.patch.undo()
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["raw_sql"] = [list(site) for site in self.recorder.reached]
        elif unreached(self.recorder.reached) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        left = unreached(self.recorder.reached)
        terminalreporter.write_line(f"raw SQL: {len(everything()) - len(left)} of {len(everything())} sites reached by tests marked `sql`")
        for line in left:
            terminalreporter.write_line(f"not reached: {line}", red=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-statement", action="store_true", help="fail unless the tests marked `sql` reach all raw SQL of the product")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--every-statement"):
        config.pluginmanager.register(EveryStatement(), "every-statement")
