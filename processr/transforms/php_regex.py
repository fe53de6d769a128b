"""The translation of PHP's regular expressions into those of the `regex` library.

Syntax that only one of the two knows is rewritten or refused.
"""

import re
from collections.abc import Callable

_HORIZONTAL = r"\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_VERTICAL = r"\n\x0b\f\r\x85\u2028\u2029"
_ESCAPES = {
    "Z": r"(?=\n?\z)",
    "e": r"\x1b",
    "N": r"[^\n]",
    "h": f"[{_HORIZONTAL}]",
    "H": f"[^{_HORIZONTAL}]",
    "v": f"[{_VERTICAL}]",
    "V": f"[^{_VERTICAL}]",
}
_IN_CLASS = {"e": r"\x1b", "h": _HORIZONTAL, "v": _VERTICAL}
_KNOWN, _KNOWN_IN_CLASS = set("afnrtdDsSwWbBAzGKRXx0123456789"), set("afnrtdDsSwWbx0123456789")
_ALIKE = r"""
      \\Q (?P<quoted> .*?) (?: \\E | \Z)
    | \\g (?: \{ (?P<braced> [0-9]{1,2} ) \} | (?P<bare> [0-9]{1,2} ) )
    | \\k (?: < (?P<angle_name> \w+ ) > | \{ (?P<braced_name> \w+ ) \} | ' (?P<quoted_name> \w+ ) ' )
    | \\x \{ (?P<hex> [0-9A-Fa-f]{1,6} ) \}
    | (?P<property> \\[pP] (?: \{ \^? [\w=:&\ -]+ \} | [A-Z] ) )
    | \\ (?P<escaped> . )
    | (?P<set> \[ \^? \]? (?: \[: \^? [a-z]+ :\] | \\. | [^\]\\] )* \] )
    | (?P<times> \{ [0-9]+ (?: , [0-9]* )? \} )
    | (?P<brace> \{ )
    | \(\?' (?P<named> \w+ ) '
    | (?P<special> \( [?*] )
"""
_TOKEN = re.compile(_ALIKE, re.VERBOSE | re.DOTALL)
_TOKEN_OR_REMARK = re.compile(rf"{_ALIKE} | (?P<remark> \# [^\n]* )", re.VERBOSE | re.DOTALL)
_IN_SET = re.compile(
    r"\\x\{(?P<hex>[0-9A-Fa-f]{1,6})\}|(?P<property>\\[pP](?:\{[^}]+\}|[A-Z]))|\\(?P<escaped>.)|(?P<bracket>\[)(?!:)", re.DOTALL
)
_SPECIAL = re.compile(
    r"\(\? (?: [:=!>|\#(] | <[=!] | P?<\w+> | P[=>]\w+ \) | &\w+ \) | R\) | [0-9]+\) | [imsx]+ (?:-[imsx]+)? : | -[imsx]+ : )", re.VERBOSE
)
_AT_FIRST = re.compile(r"(?:\(\?[imsx]+\))*")


class ExpressionSyntaxError(ValueError):
    """The expression is malformed. The message is for the user who wrote it."""


def translate(pattern: str, *, spaced: bool) -> str:
    """Return the pattern in the syntax of the `regex` library.

    `spaced` is the flag x: the pattern may contain spaces and comments. Flags inside apply from the beginning, so
    they are allowed only there.
    """
    first = _AT_FIRST.match(pattern)
    opening = first[0] if first else ""
    token_pattern = _TOKEN_OR_REMARK if spaced or "x" in opening else _TOKEN
    return opening + token_pattern.sub(_translate_token, pattern[len(opening) :])


def _translate_token(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "special" and not _SPECIAL.match(match.string, match.start()):
        beginning = match.string[match.start() : match.start() + 4]
        raise ExpressionSyntaxError(f"“{beginning}” is not known here. Flags stand after the last delimiter.")
    return _WRITERS[kind](match[kind]) if kind in _WRITERS else match[0]


def _write_group(number: str) -> str:
    return f"(?:\\{int(number)})"


def _write_escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isalnum() and character.isascii() and character not in _KNOWN:
        raise ExpressionSyntaxError(f"\\{character} is not known. Write \\\\ for a backslash.")
    return f"\\{character}"


def _write_set(text: str) -> str:
    return f"[{_IN_SET.sub(_translate_in_set, text[1:-1])}]"


def _translate_in_set(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind != "escaped":
        return _WRITERS[kind](match[kind]) if kind in _WRITERS else match[0]
    character = match[kind]
    if character in _IN_CLASS:
        return _IN_CLASS[character]
    if character.isalnum() and character.isascii() and character not in _KNOWN_IN_CLASS:
        raise ExpressionSyntaxError(f"\\{character} is not known between [ and ].")
    return f"\\{character}"


def _write_character(digits: str) -> str:
    if int(digits, 16) > 0x10FFFF:
        raise ExpressionSyntaxError(f"There is no character {digits}.")
    return f"\\U{int(digits, 16):08x}"


def _write_named_reference(name: str) -> str:
    return f"(?P={name})"


_WRITERS: dict[str, Callable[[str], str]] = {
    "quoted": re.escape,
    "braced": _write_group,
    "bare": _write_group,
    "angle_name": _write_named_reference,
    "braced_name": _write_named_reference,
    "quoted_name": _write_named_reference,
    "hex": _write_character,
    "escaped": _write_escape,
    "set": _write_set,
    "brace": lambda _: "\\{",
    "bracket": lambda _: "\\[",
    "named": lambda name: f"(?P<{name}>",
}
