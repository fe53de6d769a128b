"""The signs that divide cells, and the `sep=` line by which a file names its own."""

import re

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
LONGEST_SEPARATOR_LINE = 16
_SEPARATOR_LINE = re.compile('("?)sep=([,;\t|])\\1[ ,;\t|]*(\r\n|\r|\n|$)', re.IGNORECASE)


def delimiter_by_line(line: str) -> str:
    """Return the delimiter that a `sep=` line names; empty if it is another line."""
    match = _SEPARATOR_LINE.match(line)
    return match[2] if match else ""
