"""Collection of the static files when one of them has changed: compressing them takes longer than the rest of a start."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from config.embedded.paths import make_state_folder

# Parts of Tabler that no page uses. One of them names a file that is missing in its package, which makes collectstatic fail.
UNUSED = ["libs", "types", "*.rtl.*", *(f"tabler-{part}*" for part in ("flags", "payments", "socials", "marketing"))]
UNUSED += [f"img/{part}/*" for part in ("flags", "payments", "social")]


def collect_changed() -> bool:
    """Collect the static files, and return whether one of them had changed."""
    stamp = make_state_folder() / "static.stamp"
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint and Path(settings.STATIC_ROOT).exists():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
    stamp.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Return a hash of names, sizes and modification times, not of contents, as `make` does."""
    fingerprint = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            status = Path(storage.path(name)).stat()
            fingerprint.update(f"{storage.path(name)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return fingerprint.hexdigest()
