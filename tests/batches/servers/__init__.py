"""Real servers of other authors, each in a process of its own. How they behave depends on the name by which somebody logs in."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LARGE = 3_072_000
"""Bytes of a file at nine tenths of which some users' connections end, and of which half fits for others."""


def password_of(user: str) -> str:
    return f"secret of {user}"


@dataclass(frozen=True)
class RunningServer:
    """`says` is what the server told at its start: ports and fingerprints. Each user has a folder of its own below `folder`."""

    folder: Path
    says: dict[str, Any]
    process: subprocess.Popen

    def files_of(self, user: str) -> dict[str, bytes]:
        """Return the files of a user by their path, without those that are empty folders."""
        home = self.folder / user
        return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


@contextmanager
def running(module: str, folder: Path) -> Iterator[RunningServer]:
    """Run the module until the end; it writes one line of JSON when it listens, and ends when its input does."""
    command = [sys.executable, "-m", f"tests.batches.servers.{module}", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield RunningServer(folder, json.loads(process.stdout.readline()), process)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory) -> Iterator[RunningServer]:
    with running("sftp", tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="session")
def ftp_server(tmp_path_factory) -> Iterator[RunningServer]:
    with running("ftp", tmp_path_factory.mktemp("ftp")) as server:
        yield server


@pytest.fixture(scope="session")
def smtp_server(tmp_path_factory) -> Iterator[RunningServer]:
    with running("smtp", tmp_path_factory.mktemp("smtp")) as server:
        yield server
