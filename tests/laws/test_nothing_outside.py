"""The repository reads no file outside of its checkout.

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

from tests.sources import nodes_of

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "node_modules", "var", "__pycache__", ".mypy_cache", ".ruff_cache"}
TEXTS = {".md", ".toml", ".yaml", ".yml", ".json", ".html", ".css", ".js"}
PROGRAMS = {"Makefile", "Dockerfile"}  # and whatever is in .ci
UP = re.compile(
    r"""parent | \.\. | dirname | pardir | home\( | with_name | ["']~ | ["'](?:.*[\s=:])?/(?:home|root|Users|mnt|srv|media|opt)\b | (?:Path|open)\(\s*[rf]?["']/""",
    re.VERBOSE,
)
"""Without one of them no expression leads out."""
ABSOLUTE = re.compile(r"(?<![\w./:}-])/(?:home|root|Users|mnt|srv|media|opt)/[\w.-]+")
"""A place on somebody's machine, in any text."""
OF_THE_SYSTEM = ("/", "/dev", "/proc", "/sys", "/tmp", "/var/lib", "/etc", "/usr", "/run")
"""Folders that programs may open. Nothing of ours is in them beforehand."""
STARTS = {"run", "Popen", "check_output", "check_call", "call", "system", "popen", "execv", "execvp"}
ANYTHING = "x"
COMPARE_TEXTS = {
    "tests/test_compose.py", "tests/embedded/test_deploy.py", "tests/processr/lists/test_files.py", "tests/processr/lists/test_importing.py",
}  # fmt: skip
"""They compare places that documents, the image and old rows name, and open none of them."""
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
            case ast.Attribute(value=inner, attr="parent" | "parents"):
                return (above := self.of(inner)) and normal(above).parent
            case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(steps))):
                return (above := self.of(inner)) and normal(above / "/".join([".."] * (steps + 1)))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(self.of(left), [right])
            case ast.BinOp(op=ast.Add()) | ast.JoinedStr():
                text = self._string(node)
                return Path(text) if text and text.startswith(f"{ROOT}/") else None
            case ast.Call():
                return self._called(node)
        return None

    def _called(self, call: ast.Call) -> Path | None:
        match call:
            case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute" | "expanduser"), args=[]):
                return self.of(inner)
            case ast.Call(func=ast.Name(id="next"), args=[ast.Attribute(attr="parents") as above, *_]):
                return self.of(above)
            case ast.Call(func=ast.Attribute(attr="home"), args=[]):
                return Path("/home/somebody")
            case ast.Call(func=ast.Name(id="str") | ast.Attribute(attr="fspath"), args=[inner]):
                return self.of(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="with_name" | "with_segments"), args=parts):
                return (beside := self.of(inner)) and self._joined(normal(beside).parent, parts)
            case ast.Call(func=ast.Attribute(value=inner, attr="joinpath"), args=parts):
                return self._joined(self.of(inner), parts)
            case ast.Call(func=ast.Attribute(attr="cwd" | "getcwd"), args=[]):
                return ROOT
            case ast.Call(func=ast.Attribute(attr="dirname"), args=[inner]):
                return (above := self._text(inner)) and normal(above).parent
            case ast.Call(func=ast.Attribute(attr="abspath" | "realpath" | "normpath" | "expanduser"), args=[inner]):
                return self._text(inner)
            case ast.Call(func=ast.Name(id="Path" | "open") | ast.Attribute(attr="Path" | "join"), args=[first, *parts]):
                return self._joined(self._text(first), parts)
        return None

    def _text(self, node: ast.expr) -> Path | None:
        """Return the path that an argument names, relative to the folder in which programs run, which is the root."""
        match node:
            case ast.Name(id="__file__"):
                return self.file
            case ast.Constant(value=str(text)) if text.startswith("~"):
                return Path("/home/somebody")
            case ast.Constant(value=str(text)) if text.startswith("/"):
                return None if normal(Path(text)).is_relative_to(ROOT) or text.startswith(OF_THE_SYSTEM[1:]) or text == "/" else Path(text)
            case ast.Constant(value=str(text)) if text.startswith("."):
                return ROOT / text
            case ast.Attribute(attr="pardir"):
                return ROOT.parent
            case ast.Call(func=ast.Attribute(attr="get" | "getenv" | "pop"), args=[_, default]):
                return self._text(default)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._text(values[-1])
            case ast.JoinedStr() if (text := self._string(node)) and text.startswith("."):
                return ROOT / text
        return self.of(node)

    def _string(self, node: ast.expr) -> str | None:
        """Return the text with the paths that are known in it; any word stands for what is not known."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Attribute(attr="pardir"):
                return ".."
            case ast.JoinedStr(values=parts):
                return "".join(self._string(part) or ANYTHING for part in parts)
            case ast.FormattedValue(value=inner):
                return self._string(inner)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return (self._string(left) or ANYTHING) + (self._string(right) or ANYTHING)
        return str(path) if (path := self.of(node)) else None

    def _joined(self, start: Path | None, parts: list[ast.expr]) -> Path | None:
        """Return the joined path. Unknown parts are taken not to go up."""
        for part in parts:
            if start and (text := self._string(part)):
                start = start / text
        return start

    def learn(self, module: ast.Module) -> None:
        """Remember the names that a module gives to paths."""
        for node in nodes_of(module):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if path := self.of(value):
                        self.known[name] = path

    def that_lead_outside(self, module: ast.Module) -> Iterator[str]:
        steps = {id(node.value) for node in nodes_of(module) if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)}
        for node in nodes_of(module):
            if isinstance(node, ast.expr) and id(node) not in steps and (path := self.of(node)) and is_outside(path):
                yield f"{self.file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ABSOLUTE.search(node.value):
                yield f"{self.file.relative_to(ROOT)}:{node.lineno} {node.value[:80]!r}"
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in STARTS:
                yield from self._started_outside(node)

    def _started_outside(self, call: ast.Call) -> Iterator[str]:
        """Yield the words of a command, which runs in the root, that go up out of it."""
        for node in ast.walk(call):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if any(is_outside(ROOT / found) for found in CLIMBS.findall(text)):
                yield f"{self.file.relative_to(ROOT)}:{node.lineno} {text!r}"


@cache
def roots() -> dict[str, Path]:
    """Return the names by which modules of this repository know its root, for those that import them."""
    found = {}
    for file, source in sources():
        if "__file__" in source:
            (paths := Paths(file, {})).learn(ast.parse(source))
            found.update({name: path for name, path in paths.known.items() if path == ROOT})
    return found


def outside_of_python(file: Path, source: str) -> list[str]:
    if not UP.search(source) or file.name == "test_nothing_outside.py":
        return []
    module = ast.parse(source)
    (paths := Paths(file, roots())).learn(module)
    return list(paths.that_lead_outside(module))


def outside_of_text(file: Path, source: str) -> list[str]:
    return [f"{file.relative_to(ROOT)} {found}" for found in CLIMBS.findall(source) if is_outside(file.parent / found)]


def test_the_root_is_known_by_its_names():
    assert {"ROOT", "REPOSITORY", "BASE_DIR"} <= set(roots())


def test_no_program_reads_beside_the_checkout():
    found = [found for file, source in sources() for found in outside_of_python(file, source)]
    assert [one for one in found if one.partition(":")[0] not in COMPARE_TEXTS] == []


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
        'open("/srv/data/people.csv")',
        'FILE = "/home/somebody/people.csv"',
        'Path("/data/people.csv").read_text()',
        'Path.home() / "people.csv"',
        'open(os.path.expanduser("~/people.csv"))',
        'Path("~").expanduser()',
        'Path(os.environ.get("PEOPLE", "../data/people.csv"))',
        'open(os.getenv("PEOPLE") or "../data/people.csv")',
        'open(f"{ROOT}/../people.csv")',
        'FILE = ROOT / f"../{name}"',
        'open(f"../{name}.csv")',
        'FILE = str(ROOT) + "/../people.csv"',
        "FILE = ROOT / os.pardir / name",
        "os.path.join(ROOT, os.pardir, name)",
        'subprocess.run("cat ../people.csv", shell=True)',
        'subprocess.check_output(["cat", "../people.csv"])',
        'os.system("cp ../people.csv var/")',
        "ABOVE = next(ROOT.parents)",
        "for above in ROOT.parents:\n    pass",
        'FILE = ROOT.with_name("data")',
        'def read():\n    here = Path(__file__).parent\n    return here.parent.parent.parent / "data"',
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
        "FILE = Path(__file__).parents[1]",
        'client.get("/home/")',
        'Path("/proc/self/stat").read_text()',
        'Path("/var/lib") / name',
        'FILE = ROOT / f"docs/{name}"',
        'subprocess.run(["cat", "docs/../README.md"])',
        'FILE = HERE.with_name("people.csv")',
        'PATH = os.environ.get("PEOPLE", "people.csv")',
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
