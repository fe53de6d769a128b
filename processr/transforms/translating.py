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
    | \\k (?: < (?P<said> \w+ ) > | \{ (?P<said_so> \w+ ) \} | ' (?P<quoted_name> \w+ ) ' )
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


def translated(pattern: str, *, spaced: bool) -> str:
    """Return the pattern in the syntax of the `regex` library.

    `spaced` is the flag x: the pattern may contain spaces and comments. Flags inside apply from the beginning, so
    they are allowed only there.
    """
    first = _AT_FIRST.match(pattern)
    opening = first[0] if first else ""
    tokens = _TOKEN_OR_REMARK if spaced or "x" in opening else _TOKEN
    return opening + tokens.sub(_written, pattern[len(opening) :])


def _written(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind == "special" and not _SPECIAL.match(found.string, found.start()):
        raise ExpressionSyntaxError(
            f"“{found.string[found.start() : found.start() + 4]}” is not known here. Flags stand after the last delimiter."
        )
    return _WRITERS[kind](found[kind]) if kind in _WRITERS else found[0]


def _group(number: str) -> str:
    return f"(?:\\{int(number)})"


def _escape(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isalnum() and sign.isascii() and sign not in _KNOWN:
        raise ExpressionSyntaxError(f"\\{sign} is not known. Write \\\\ for a backslash.")
    return f"\\{sign}"


def _set(text: str) -> str:
    return f"[{_IN_SET.sub(_in_set, text[1:-1])}]"


def _in_set(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind != "escaped":
        return _WRITERS[kind](found[kind]) if kind in _WRITERS else found[0]
    sign = found[kind]
    if sign in _IN_CLASS:
        return _IN_CLASS[sign]
    if sign.isalnum() and sign.isascii() and sign not in _KNOWN_IN_CLASS:
        raise ExpressionSyntaxError(f"\\{sign} is not known between [ and ].")
    return f"\\{sign}"


def _character(digits: str) -> str:
    if int(digits, 16) > 0x10FFFF:
        raise ExpressionSyntaxError(f"There is no character {digits}.")
    return f"\\U{int(digits, 16):08x}"


def _said_again(name: str) -> str:
    return f"(?P={name})"


_WRITERS: dict[str, Callable[[str], str]] = {
    "quoted": re.escape,
    "braced": _group,
    "bare": _group,
    "said": _said_again,
    "said_so": _said_again,
    "quoted_name": _said_again,
    "hex": _character,
    "escaped": _escape,
    "set": _set,
    "brace": lambda _: "\\{",
    "bracket": lambda _: "\\[",
    "named": lambda name: f"(?P<{name}>",
}
