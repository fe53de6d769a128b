"""The Chromium that the browser tests drive: $CHROMIUM, else the npm package's (unpacked once into var/chromium), else the system's."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "node_modules/@sparticuz/chromium"
UNPACK = "const z=require('zlib'),f=require('fs');f.writeFileSync(process.argv[2],z.brotliDecompressSync(f.readFileSync(process.argv[1])))"
# The package's own names the folders of the service it was made for.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


class Browser(NamedTuple):
    """As playwright's launch takes them; `env` is the whole environment."""

    executable_path: str
    env: dict[str, str]
    args: list[str]


def browser() -> Browser:
    if given := os.environ.get("CHROMIUM"):
        return _with(Path(given))
    if (PACKAGE / "bin/chromium.br").exists() and platform.machine() == "x86_64":
        home = _unpacked()
        return _with(home / "chromium", LD_LIBRARY_PATH=f"{home}/lib", FONTCONFIG_FILE=f"{home}/fonts.conf")
    if system := shutil.which("chromium") or shutil.which("chromium-browser"):
        return _with(Path(system))
    raise RuntimeError("No browser: run `make test` once (npm brings one), or set CHROMIUM to a Chromium's path.")


def _with(executable: Path, **env: str) -> Browser:
    """Chromium's own sandbox does not work as root, nor in most containers; the pages are ours."""
    return Browser(str(executable), {**os.environ, **env}, ["--no-sandbox", "--disable-dev-shm-usage"])


def _unpacked() -> Path:
    """Whole or not at all; a newer package gets a folder of its own."""
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    home = REPOSITORY / "var/chromium" / version
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=home.parent))
    for name in ("al2023.tar", "fonts.tar"):
        _inflate(name, draft / name)
        shutil.unpack_archive(draft / name, draft, "tar")
        (draft / name).unlink()
    _inflate("chromium", draft / "chromium")
    (draft / "chromium").chmod(0o755)
    (draft / "fonts.conf").write_text(FONTS.format(home=home))
    draft.chmod(0o755)
    try:
        draft.rename(home)
    except OSError:  # another test run was first
        shutil.rmtree(draft)
    return home


def _inflate(name: str, target: Path) -> None:
    node = Path(sys.executable).with_name("node")
    subprocess.run([node, "-e", UNPACK, PACKAGE / "bin" / f"{name}.br", target], check=True)
