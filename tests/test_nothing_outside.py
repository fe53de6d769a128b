"""The repository reads no file beside its checkout: a clone with nothing next to it is all that is needed.

Read off the sources, without running them: no path that is built from the place of a file, from the root's known names or from the
working folder leads above the root.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".venv", "node_modules", "var", "__pycache__", ".mypy_cache", ".ruff_cache"}
TEXTS = {".md", ".toml", ".yaml", ".yml", ".json", ".html", ".css", ".js"}
PROGRAMS = {"Makefile", "Dockerfile"}  # and whatever is in .ci
UP = re.compile(r"parent|\.\.|dirname")
"""Without one of them no expression leads up."""
CLIMBS = re.compile(r"(?<![\w./$}\")-])(?:\./)*\.\.(?:/[\w.*-]+)+")
"""A relative path that goes up first. `"$(dirname "$0")/.."` and the like go up from a known place, which is the script's own folder."""


@cache
def files() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - NOT_OURS)
        found += [Path(folder, name) for name in sorted(names)]
    return found


def sources() -> Iterator[tuple[Path, str]]:
    return ((file, file.read_text()) for file in files() if file.suffix == ".py")


def normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def is_outside(path: Path) -> bool:
    return not normal(path).is_relative_to(ROOT)


class Paths:
    """The paths that a module's expressions stand for, as far as they follow from constants and from names known to be paths."""

    def __init__(self, file: Path, known: dict[str, Path]) -> None:
        self.file = file
        self.known = dict(known)

    def of(self, node: ast.expr) -> Path | None:
        match node:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="settings" | "paths"), attr=name) if name in self.known:
                return self.known[name]
            case ast.Attribute(value=inner, attr="parent"):
                return (above := self.of(inner)) and normal(above).parent
            case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(steps))):
                return (above := self.of(inner)) and normal(above / "/".join([".."] * (steps + 1)))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(self.of(left), [right])
            case ast.Call():
                return self._called(node)
        return None

    def _called(self, call: ast.Call) -> Path | None:
        match call:
            case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute" | "expanduser")):
                return self.of(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="joinpath"), args=parts):
                return self._joined(self.of(inner), parts)
            case ast.Call(func=ast.Attribute(attr="cwd" | "getcwd"), args=[]):
                return ROOT
            case ast.Call(func=ast.Attribute(attr="dirname"), args=[inner]):
                return (above := self._text(inner)) and normal(above).parent
            case ast.Call(func=ast.Attribute(attr="abspath" | "realpath" | "normpath"), args=[inner]):
                return self._text(inner)
            case ast.Call(func=ast.Name(id="Path" | "open") | ast.Attribute(attr="Path" | "join"), args=[first, *parts]):
                return self._joined(self._text(first), parts)
        return None

    def _text(self, node: ast.expr) -> Path | None:
        """Of what stands in a call for a path: relative to where the programs run, which is the root."""
        match node:
            case ast.Name(id="__file__"):
                return self.file
            case ast.Constant(value=str(text)) if text.startswith("."):
                return ROOT / text
        return self.of(node)

    def _joined(self, start: Path | None, parts: list[ast.expr]) -> Path | None:
        """What is not known cannot be said to go up."""
        for part in parts:
            if start and isinstance(part, ast.Constant) and isinstance(part.value, str):
                start = start / part.value
        return start

    def learn(self, module: ast.Module) -> None:
        """The names a module gives to paths."""
        for node in module.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if path := self.of(value):
                        self.known[name] = path

    def that_lead_outside(self, module: ast.Module) -> Iterator[str]:
        for node in ast.walk(module):
            if isinstance(node, ast.expr) and (path := self.of(node)) and is_outside(path):
                yield f"{self.file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"


@cache
def roots() -> dict[str, Path]:
    """What the modules of this repository call its root, whoever imports it from them."""
    found = {}
    for file, source in sources():
        if "__file__" in source:
            (paths := Paths(file, {})).learn(ast.parse(source))
            found.update({name: path for name, path in paths.known.items() if path == ROOT})
    return found


def outside_of_python(file: Path, source: str) -> list[str]:
    if not UP.search(source):
        return []
    module = ast.parse(source)
    (paths := Paths(file, roots())).learn(module)
    return list(paths.that_lead_outside(module))


def outside_of_text(file: Path, source: str) -> list[str]:
    return [f"{file.relative_to(ROOT)} {found}" for found in CLIMBS.findall(source) if is_outside(file.parent / found)]


def test_the_root_is_known_by_its_names():
    assert {"ROOT", "REPOSITORY", "BASE_DIR"} <= set(roots())


def test_no_program_reads_beside_the_checkout():
    assert [found for file, source in sources() for found in outside_of_python(file, source)] == []


def test_no_text_points_beside_the_checkout():
    texts = [file for file in files() if file.suffix in TEXTS or file.name in PROGRAMS or file.parent.name == ".ci"]
    assert {ROOT / name for name in (*PROGRAMS, ".ci/run", "README.md", "pyproject.toml")} <= set(texts)
    assert [found for file in texts for found in outside_of_text(file, file.read_text())] == []


def test_no_link_leads_out_of_the_checkout():
    assert [file for file in files() if file.is_symlink() and is_outside(file.resolve())] == []


@pytest.mark.parametrize(
    "source",
    [
        'FILE = REPOSITORY.parent / "data" / "people.csv"',
        'FILE = paths.REPOSITORY / ".." / "data"',
        'HERE = Path(__file__).resolve()\nFILE = HERE.parents[3] / "data"',
        "HERE = Path(__file__).parent.parent.parent.parent",
        'open("../data/people.csv")',
        'def read():\n    return Path("..", "data").read_text()',
        'Path.cwd().joinpath("../data")',
        'import os\nos.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__)))), "data")',
        "settings.BASE_DIR.parent",
    ],
)
def test_a_path_that_leads_out_is_found(source):
    assert outside_of_python(ROOT / "tests/processes/test_x.py", source)


@pytest.mark.parametrize(
    "source",
    [
        "ROOT = Path(__file__).resolve().parents[2]\nFILE = ROOT / 'docs' / '..' / name",
        'FILE = Path("tests/processes/../people.py")',
        'client.get("../../etc/passwd")',
        "folder.parent / 'data'",
    ],
)
def test_a_path_that_stays_inside_and_one_that_nothing_is_known_of_are_not(source):
    assert outside_of_python(ROOT / "tests/processes/test_x.py", source) == []


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("Makefile", "\tcp ../data/people.csv var/", True),
        ("docs/deploy.md", "See [the map](../README.md).", False),
        ("docs/deploy.md", "It lies in ../../data/people.csv.", True),
        (".ci/run", 'cd "$(dirname "$0")/.."', False),
        ("compose.yaml", "    - ../data:/data", True),
    ],
)
def test_what_a_text_points_at_is_looked_at_from_its_own_folder(name, line, found):
    assert bool(outside_of_text(ROOT / name, line)) is found
