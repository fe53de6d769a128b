"""The mail backend of a local installation without a mail server. Letters hold links that change passwords: only its user may read them."""

import os
from pathlib import Path
from typing import Any

from django.core.mail.backends import filebased

FOLDER_MODE, FILE_MODE = 0o700, 0o600


class EmailBackend(filebased.EmailBackend):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        folder = Path(self.file_path)
        if folder.stat().st_mode & 0o777 != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
            for letter in folder.iterdir():  # those of an earlier version
                letter.chmod(FILE_MODE)

    def open(self) -> bool:
        if self.stream is not None:
            return False
        descriptor = os.open(self._get_filename(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        self.stream = os.fdopen(descriptor, "ab")
        return True
