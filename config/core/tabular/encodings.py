"""Encodings of text files: marked, named, or guessed from all bytes of the file."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from io import IncrementalNewlineDecoder
from itertools import islice
from typing import BinaryIO, NamedTuple

from config.core.errors import DomainError
from config.core.tabular.upload_limits import check_time
from config.core.tabular.western_words import WesternWords

UNREADABLE = "\udcff"
"""Replaces bytes that mean nothing in the file's encoding. It is a lone surrogate, so it cannot come from the file itself."""
ALSO_UNREADABLE = "\ufffd"
ERRORS = "sluice.unreadable"
WIDE = ("utf-16", "utf-32")
HEAD = 4_096
"""The first bytes, which show a mark, and in UTF-16 the NULs of its plain letters and signs."""
_BLOCK = 256 * 1024
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PLAIN = rb"""azAZ09 !"#$%&'()*+,-./:;<=>?@[]^_`{|}~ \x41 \u0041 +AGE- ~{"""
_MAC = "mac-roman"
_LOWER = frozenset("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿœßšž")
_UPPER = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŸŒŠŽ")
_DASHES = frozenset("–—")
_OPENING, _CLOSING = frozenset("“‘’„‚«‹€£¥§•¿¡©…·–—"), frozenset("”“’»›®™°…·–—")
_OTHERS = (
    "cp1250 (Polish, Czech, Hungarian, Romanian), cp1251 (Russian), cp1253 (Greek), cp1254 (Turkish), cp1257 (Baltic), cp850 (DOS), "
    "shift_jis (Japanese), gb18030 (Chinese), euc-kr (Korean), or cp1252 if it is right all the same"
)
_STRAY_IN_WORD = re.compile("(?=[A-Za-z].|.[A-Za-z])([A-Za-z]?)([\udc80-\udcff])(?=([A-Za-z]?))")
_VOTES_AT_MOST = 10_000
_NOT_IN_CP1252 = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")


def _unreadable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error(ERRORS, _unreadable)


def encoding_by_mark(beginning: bytes) -> str:
    """Return the encoding of the byte order mark, from the first four bytes; empty without one."""
    return next((encoding for mark, encoding in _MARKS.items() if beginning.startswith(mark)), "")


def canonical_encoding(name: str) -> str:
    """Return the canonical name of an encoding. Only supersets of ASCII and UTF-16/32 are accepted."""
    try:
        canonical = codecs.lookup(name).name
        accepted = canonical.startswith(WIDE) or _PLAIN.decode(canonical, ERRORS) == _PLAIN.decode("ascii")
    except (LookupError, UnicodeError, ValueError):
        accepted = False
    if not accepted:
        raise DomainError(f"There is no encoding {name}. Most files are utf-8; older ones of Windows are cp1252.", field="encoding")
    return canonical


class EncodingGuess:
    """A guess that is fed the whole file, chunk by chunk.

    A byte order mark decides. Without one, NULs in the place of every second byte mean UTF-16. Otherwise the file is UTF-8 if
    all bytes decode, or if any valid multi-byte sequence occurs, which cp1252 does not contain by chance: then it is written in
    two encodings, and `is_certain` is False. Else it is cp1252, or Mac Roman if that alone gives letters that fit the words;
    `unlikely_word` says whether it may be neither.
    """

    def __init__(self) -> None:
        self._head = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._characters = self._strays = 0
        self._is_cp1252 = True
        self._votes = Counter[str]()
        self._words = WesternWords()

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
        text = self._decoder.decode(chunk, final)
        if text.isascii():
            return
        strays = len(text) - len(text.encode("utf-8", "ignore").decode())
        self._strays += strays
        self._characters += len(text) - strays - len(text.encode("ascii", "ignore"))
        self._is_cp1252 = self._is_cp1252 and not (strays and _NOT_IN_CP1252.search(text))
        if strays:
            self._words.add(text)
        if strays and self._votes.total() < _VOTES_AT_MOST:
            self._votes.update(_encodings_that_fit(text))

    @property
    def encoding(self) -> str:
        if found := encoding_by_mark(self._head[:4]) or self.wide:
            return found
        if not self._strays or self._characters:
            return "utf-8"
        if self._votes[_MAC] and not self._votes["cp1252"]:
            return _MAC
        return "cp1252" if self._is_cp1252 else "utf-8"

    @property
    def is_certain(self) -> bool:
        """Whether every byte of the file is known to be text in this encoding."""
        return self.encoding in ("cp1252", _MAC) or (self.encoding in ("utf-8", "utf-8-sig") and not self._strays)

    @property
    def unlikely_word(self) -> str:
        """A word of the file, as the guessed encoding reads it, that shows that the guess is wrong; empty if there is no doubt."""
        return self._words.unlikely_in(self.encoding) if self.encoding in ("cp1252", _MAC) else ""

    @property
    def is_foreign_to_single_bytes(self) -> bool:
        """Whether the file is UTF-8 beyond ASCII throughout: any encoding of one byte a letter would read its letters wrong."""
        return bool(self._characters) and not self._strays

    @property
    def wide(self) -> str:
        """The UTF-16 without a mark that the first bytes show: plain letters and signs have a NUL beside them, on one side only."""
        little, big = _plain_letters(self._head[::2], self._head[1::2]), _plain_letters(self._head[1::2], self._head[::2])
        enough = 2 if self._strays else max(2, len(self._head) // 32)  # ASCII may hold single NULs, which are broken rows
        if little.number >= enough and little.weight > 4 * big.weight:
            return "utf-16-le"
        return "utf-16-be" if big.number >= enough and big.weight > 4 * little.weight else ""


def _encodings_that_fit(text: str) -> Iterator[str]:
    """Yield the encoding in which a byte within a word is a letter that fits, for each byte of which only one of both makes that."""
    for before, stray, after in islice(_STRAY_IN_WORD.findall(text), _VOTES_AT_MOST):
        byte = bytes([ord(stray) - 0xDC00])
        fitting = [encoding for encoding in ("cp1252", _MAC) if _fits(before, byte.decode(encoding, "replace"), after)]
        if len(fitting) == 1:
            yield fitting[0]


def _fits(before: str, letter: str, after: str) -> bool:
    """Whether a letter, or a sign, stands well between the letters beside it: é within small letters, É not."""
    if letter in _OPENING | _CLOSING:
        inside = letter == "’" or (letter in _DASHES and not (before.islower() and after.islower()))
        return inside if before and after else letter in (_CLOSING if before else _OPENING)
    if before.islower() or (before and after.islower()):
        return letter in _LOWER
    return letter in _UPPER if before and after else letter in _UPPER or letter in _LOWER


class PlainLetters(NamedTuple):
    """ASCII letters and signs with a NUL beside them. Line ends and commas weigh more: in the other order they would be rare signs."""

    number: int
    weight: int


def _plain_letters(low: bytes, high: bytes) -> PlainLetters:
    """Count the ASCII letters and signs among the pairs of a low and a high byte."""
    found = bytes(lower for lower, upper in zip(low, high, strict=False) if not upper and (31 < lower < 127 or lower in b"\t\r\n"))
    return PlainLetters(len(found), len(found) + 3 * sum(found.count(sign) for sign in b"\r\n,"))


def guess_encoding(file: BinaryIO) -> EncodingGuess:
    """Return the guess that the whole file gives."""
    guess = EncodingGuess()
    file.seek(0)
    while block := file.read(_BLOCK):
        check_time()
        guess.feed(block)
    guess.feed(b"", final=True)
    return guess


def choose_encoding(file: BinaryIO, named: str = "") -> str:
    """Return the encoding of the file: that of its mark, else the named one, else the guessed one.

    The whole file is read for it. A file that is not text in this encoding throughout is refused, so that no row of it is
    stored before another turns out to be unreadable.
    """
    canonical = canonical_encoding(named) if named else ""
    guess = guess_encoding(file)
    file.seek(0)
    marked = encoding_by_mark(file.read(4))
    encoding = marked or (_agreed(canonical, guess) if canonical else guess.encoding)
    if not canonical and not marked:
        _refuse_unlikely(guess)
    if encoding != guess.encoding or not guess.is_certain:
        _refuse_unreadable(file, encoding, guess)
    return encoding


def _agreed(named: str, guess: EncodingGuess) -> str:
    """Return the named encoding, unless the bytes of the file show that it is another."""
    if guess.wide and named != guess.wide and not named.startswith("utf-32"):
        if named == "utf-16":
            return guess.wide
        raise _wrong(named, "it is UTF-16 without a byte order mark", guess.wide)
    if named.startswith(WIDE) and not guess.wide and guess.is_certain:
        raise _wrong(named, "it has no byte order mark, and a single byte for each plain letter", guess.encoding)
    if guess.is_foreign_to_single_bytes and _has_single_bytes(named):
        raise _wrong(named, "it is UTF-8 throughout", "utf-8")
    return named


def _has_single_bytes(encoding: str) -> bool:
    """Whether each byte is a letter or sign of its own in the encoding."""
    return not encoding.startswith("utf") and len(bytes(range(256)).decode(encoding, "replace")) == 256


def _wrong(named: str, reason: str, right: str) -> DomainError:
    return DomainError(f"The file is not {named}: {reason}. Say --encoding {right}, or leave --encoding out.", field="encoding")


def _refuse_unlikely(guess: EncodingGuess) -> None:
    if word := guess.unlikely_word:
        found = f"The file is not UTF-8, and its encoding cannot be told: read as {guess.encoding} it says “{word}”. Nothing was stored."
        way_out = f"Save it once more as UTF-8, or say its encoding with --encoding, such as {_OTHERS}."
        raise DomainError(f"{found} {way_out}", field="encoding")


def _refuse_unreadable(file: BinaryIO, encoding: str, guess: EncodingGuess) -> None:
    place = first_unreadable(file, encoding)
    if not place:
        return
    way_out = "Correct that place, or save the file once more as UTF-8. If all of it is in another encoding, say which with --encoding."
    if guess.is_certain and guess.encoding != encoding:
        way_out = f"The file is {guess.encoding} throughout: say --encoding {guess.encoding}, or leave --encoding out."
    raise DomainError(f"The file is not text in {encoding} throughout: see {place}. Nothing was stored. {way_out}", field="encoding")


def first_unreadable(file: BinaryIO, encoding: str) -> str:
    """Return the place of the first byte that means nothing in the encoding, in words; empty without one."""
    decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(ERRORS), translate=True)
    file.seek(0)
    line = character = 1
    block = b"\n"
    while block:
        block = file.read(_BLOCK)
        text, found, _ = decoder.decode(block, final=not block).partition(UNREADABLE)
        line += text.count("\n")
        character = len(text) - text.rfind("\n") if "\n" in text else character + len(text)
        if found:
            return f"line {line:,}, character {character:,}"
    return ""
