"""The sources of the product, for tests that read them."""

import ast
import functools
import gc
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "campaigns", "leads", "processr", "integrations", "batches")


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text()


@functools.cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax trees of all files, migrations included, by path. Garbage collection is off meanwhile, and never looks at them."""
    paths = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    gc.disable()
    try:
        return {path.relative_to(ROOT).as_posix(): ast.parse(text_of(path)) for path in paths}
    finally:
        gc.freeze()
        gc.enable()


@functools.cache
def nodes_of(module: ast.Module) -> tuple[ast.AST, ...]:
    """Return what `ast.walk` yields. A dozen laws look at every node of every file, and walking there takes longer than looking."""
    return tuple(ast.walk(module))
