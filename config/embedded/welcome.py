"""The message that the launcher prints once everything runs: the address, the log-ins, how to stop."""

import json
from pathlib import Path
from typing import Any

from config.embedded.paths import REPOSITORY, state_dir


def welcome(address: str, *, with_demo: bool) -> str:
    lines = ["", "Sluice is running.", "", f"  Address  {address}"]
    lines += _log_ins(state_dir() / "demo.json") if with_demo else []
    return "\n".join([*lines, f"  Logs     {_short(state_dir() / 'log')}", "  Stop     Ctrl-C", ""])


def _log_ins(demo: Path) -> list[str]:
    try:
        users: list[dict[str, Any]] = json.loads(demo.read_text())["users"]
    except (OSError, ValueError, KeyError):
        return []
    width = max((len(user["username"]) for user in users), default=0)
    rows = [f"{user['username']:<{width}}  {user['password']}  {user['role']}" for user in users]
    return ["", *(f"  {label:<7}  {row}" for label, row in zip(["Log in", *[""] * len(rows)], rows, strict=False)), ""]


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
