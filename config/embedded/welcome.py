"""The message that the launcher prints once everything runs: the address, the log-ins, how to stop."""

import json
from pathlib import Path
from typing import Any

from config.embedded.paths import REPOSITORY, state_dir


def welcome(address: str, *, with_demo: bool) -> str:
    lines = ["", "Sluice is running.", "", f"  Address  {address}"]
    if with_demo:
        lines += _log_in_lines(state_dir() / "demo.json")
    logs = state_dir() / "log"
    if logs.is_relative_to(REPOSITORY):
        logs = logs.relative_to(REPOSITORY)
    return "\n".join([*lines, f"  Logs     {logs}", "  Stop     Ctrl-C", ""])


def _log_in_lines(demo: Path) -> list[str]:
    try:
        users: list[dict[str, Any]] = json.loads(demo.read_text())["users"]
    except (OSError, ValueError, KeyError):
        return []
    width = max((len(user["username"]) for user in users), default=0)
    rows = [f"{user['username']:<{width}}  {user['password']}  {user['role']}" for user in users]
    labels = ["Log in", *[""] * len(rows)]
    return ["", *(f"  {label:<7}  {row}" for label, row in zip(labels, rows, strict=False)), ""]
