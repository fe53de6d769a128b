"""The worked examples of CONTRIBUTING.md, read from the page."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

from config.core.registry import Registry
from processr.job_types.registry import job_types

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"


def code_of(file: str) -> str:
    """Return the indented block that follows the name of the file."""
    found = re.search(rf"^1\. `{re.escape(file)}`:\n((?:\n|       .*\n)+)", PAGE.read_text(), re.MULTILINE)
    assert found, f"CONTRIBUTING.md has no example {file}"
    return dedent(found[1]).strip() + "\n"


def faults_of(file: str) -> str:
    """Return the faults that linter and formatter find in the example; empty if there are none."""
    ruff = [sys.executable, "-m", "ruff"]
    answers = [
        subprocess.run(
            [*ruff, *arguments, "--stdin-filename", file, "-"], input=code_of(file), capture_output=True, text=True, cwd=PAGE.parent
        )
        for arguments in (["check", "--no-cache", "--quiet"], ["format", "--check", "--diff", "--no-cache", "--quiet"])
    ]
    return "".join(answer.stdout + answer.stderr for answer in answers)


def load(file: str, key: str, monkeypatch, registry: Registry = job_types) -> Any:
    """Return what the example registers, in place of one that somebody has added word by word, until the test ends."""
    others = {name: plugin for name, plugin in registry._plugins.items() if name != key}
    monkeypatch.setattr(registry, "_plugins", others)
    run(file)
    return registry.get(key)


def run(file: str) -> dict[str, Any]:
    """Run the example and return the names of its module."""
    names: dict[str, Any] = {"__name__": file.removesuffix(".py").replace("/", ".")}
    exec(compile(code_of(file), file, "exec"), names)
    return names
