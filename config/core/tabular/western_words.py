"""Words that a guessed encoding gives: whether a language of Western Europe writes them, or the bytes mean letters of another encoding.

The two encodings that are guessed, cp1252 and Mac Roman, make a letter or a sign of nearly every byte. Russian in cp1251, Polish in
cp1250 or Turkish in cp1254 can be read in them too: as words that nobody writes.
"""

import re
from collections import Counter

_ALPHABETS = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúñü", "àáâãçéêíóôõúü", "àèéìíîòóù", "àçèéíïòóúü", "æøåéöäüà", "áðéíóúýþæö", "äöåšžéü", "ëïéèêüöóáç",
    "àâêîôûŵŷäëïöáéíóúý", "šžáéíóúýäö",
)  # fmt: skip
"""The letters beyond ASCII of languages that are written in cp1252, each with those of its usual loanwords."""
_SETS = tuple(map(frozenset, _ALPHABETS))
_SIGNS = "“”„‟‘’‚‹›«»–—…·•¡¿°ºª™®©€£¥§¢´¨\u00a0"
_BETWEEN = re.compile("[’‘´–—·…\u00a0]")
"""Signs that divide words where they stand inside of them."""
_CAPITAL_INSIDE = re.compile("(?<=[a-zß-ÿ])[À-ÖØ-ÞŒŠŽŸ]|(?<=[A-Z])[À-ÖØ-ÞŒŠŽŸ](?=[a-zß-ÿ])")
_UNUSUAL = re.compile(r"[ß-ÿœšž]{3}|[ìù](?=[^\W\d_])|õ(?!e)|^ð|[aeioü]þ|ý.*ý|^ý(?=[bcdfghjklnpqstvwxz])|(?<=[^\W\d_])œ(?![ui])")
"""Signs of another encoding: `Nìmec` for Němec, `Gyõr` for Győr, `Baþak` for Başak, `Yýldýz` for Yıldız, `Wiœniewska` for Wiśniewska."""
_WORD = re.compile("(?<![A-Za-z])[A-Za-z]*[\udc80-\udcff][A-Za-z\udc80-\udcff]*")
"""A word with a letter beyond ASCII. It is looked for where words begin, or a long run of letters would be read from each of them anew."""
_DISTINCT = 10_000
_TOLERATED = 0.05


class WesternWords:
    """The words beyond ASCII of a file, of which bytes that are no UTF-8 stand as lone surrogates."""

    def __init__(self) -> None:
        self._words = Counter[str]()

    def add(self, text: str) -> None:
        if len(self._words) < _DISTINCT:
            self._words.update(_WORD.findall(text))

    def unlikely_in(self, encoding: str) -> str:
        """Return a word that shows that the file is in another encoding, as this one reads it; empty if few words or none do."""
        read = {word.encode("ascii", "surrogateescape").decode(encoding, "replace"): number for word, number in self._words.items()}
        unlikely = [word for word in read if not is_western(word)]
        return unlikely[0] if sum(map(read.__getitem__, unlikely)) > _TOLERATED * sum(read.values()) else ""


def is_western(word: str) -> bool:
    """Return whether a word of letters and signs may be one of a Western language."""
    return all(map(_is_western_part, _BETWEEN.split(word.strip(_SIGNS))))


def _is_western_part(part: str) -> bool:
    if part.isascii():
        return True
    if not part.isalpha() or _CAPITAL_INSIDE.search(part) or _UNUSUAL.search(part.lower()):
        return False
    own = frozenset(letter for letter in part.lower() if not letter.isascii())
    return any(own <= alphabet for alphabet in _SETS)
