"""Local folder: writes the file into a folder of the server's own, for whatever fetches it from there."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from typing_extensions import override

from batches.targets.base import BatchFile, BatchTarget, Failed, Put, batch_targets
from batches.targets.protocols.fields import LONGEST_PATH, validate_plain
from config.core.errors import BATCH_FOLDERS, DomainError
from integrations.base import AttemptResult

FOLDER_MODE, FILE_MODE = 0o750, 0o640
_AS_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_AS_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NO_ROOT = "This installation allows no folder for files of batches"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED: set[int | None] = {errno.EACCES, errno.EPERM, errno.EROFS}
_LEADS_AWAY = {errno.ELOOP, errno.ENOTDIR}


@batch_targets.register
class LocalFolder(BatchTarget):
    key = "local_folder"
    label = "Local folder"
    fields: ClassVar = {
        "local_folder_path": forms.CharField(
            required=False, initial="", max_length=LONGEST_PATH, label="Folder", validators=[validate_plain],
            help_text="Below the folder that the installation allows, such as acme/leads. It is made where it is missing. "
            "Where several are allowed: the whole path.",
        ),
    }  # fmt: skip

    @classmethod
    @override
    def clean(cls, values: dict[str, Any]) -> None:
        path = str(values.get("local_folder_path") or "").strip()
        _root_and_parts(path)
        values["local_folder_path"] = path

    @override
    def describe(self) -> str:
        try:
            root, parts = _root_and_parts(self.setting("path"))
        except DomainError:
            return f"{self.setting('path') or 'A folder'} (not allowed)"
        return str(root.joinpath(*parts))

    @override
    def upload(self, file: BatchFile) -> Put:
        def write(folder: int) -> str:
            _write_and_rename(folder, file)
            return f"{file.name} is in {self.describe()} ({file.size:,} bytes)."

        return self._in_folder(write)

    @override
    def try_out(self) -> Put:
        def write_and_remove(folder: int) -> str:
            name = f".sluice-test-{secrets.token_hex(6)}"
            descriptor = os.open(name, _AS_NEW_FILE, FILE_MODE, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    target.write(b"test")
            finally:
                os.unlink(name, dir_fd=folder)
            return f"{self.describe()} can be written into: a small file was written there, and removed."

        return self._in_folder(write_and_remove)

    def _in_folder(self, act: Callable[[int], str]) -> Put:
        try:
            root, parts = _root_and_parts(self.setting("path"))
            with _open_folder(root, parts) as folder:
                return self.outcome(AttemptResult.SENT, act(folder))
        except DomainError as refusal:
            raise Failed(AttemptResult.NEVER, refusal.message) from refusal
        except OSError as error:
            raise _failure(error, self.describe()) from error


def _failure(error: OSError, where: str) -> Failed:
    code = error.errno
    if code in _NO_SPACE:
        return Failed(AttemptResult.LATER, f"There is no space left in {where}.")
    if code in _NOT_ALLOWED:
        return Failed(AttemptResult.NEVER, f"Sluice may not write into {where}: {os.strerror(code or 0)}.")
    if code in _LEADS_AWAY:
        return Failed(AttemptResult.NEVER, f"A part of {where} is no folder, or a link, which is not followed.")
    if code == errno.EISDIR:
        return Failed(AttemptResult.NEVER, f"A folder has the name of the file in {where}.")
    if code == errno.ENOENT:
        return Failed(AttemptResult.LATER, f"{where} is not there: its disk may not be connected.")
    return Failed(AttemptResult.LATER, f"The file could not be written into {where}: {os.strerror(code or 0)}.")


def _root_and_parts(path: str) -> tuple[Path, tuple[str, ...]]:
    """Return the allowed folder and the names of the folders below it. Raises DomainError."""
    roots = [Path(root) for root in settings.BATCH_FOLDERS]
    if not roots:
        raise DomainError(BATCH_FOLDERS.lifts(NO_ROOT), field="local_folder_path")
    plain = PurePosixPath(path)
    if "\\" in path or any(part in ("..", ".") for part in path.split("/")):
        raise DomainError("Write a plain path, without “..”, “.” or backslashes.", field="local_folder_path")
    if not plain.is_absolute():
        if len(roots) > 1:
            raise DomainError(f"Write the whole path, below one of: {', '.join(map(str, roots))}.", field="local_folder_path")
        return roots[0], plain.parts
    root = next((root for root in sorted(roots, key=lambda root: -len(root.parts)) if Path(plain).is_relative_to(root)), None)
    if root is None:
        raise DomainError(BATCH_FOLDERS.lifts("This folder is not below one that the installation allows."), field="local_folder_path")
    return root, Path(plain).relative_to(root).parts


@contextmanager
def _open_folder(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Open the folder step by step, so that no link leads out of the root, and make what is missing below it.

    The root itself may be a link: whoever runs the server named it.
    """
    if root == settings.STATE_DIR / "batches":
        root.mkdir(mode=FOLDER_MODE, exist_ok=True)
    descriptor = os.open(
        root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    )  # The root itself may be a link: whoever runs the server named it.
    try:
        for part in parts:
            with suppress(FileExistsError):
                os.mkdir(part, FOLDER_MODE, dir_fd=descriptor)
            inner = os.open(part, _AS_FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _write_and_rename(folder: int, file: BatchFile) -> None:
    """Write under another name first, so that whoever fetches the file never sees a part of it."""
    temporary = f".{secrets.token_hex(6)}.part"
    descriptor = os.open(temporary, _AS_NEW_FILE, FILE_MODE, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as target:
            for block in file.blocks():
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        os.rename(temporary, file.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)
