"""Telephone numbers as people write them: the number in a text without its label, its extension and notes about it."""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

LONGEST = 250
"""The longest text that is read as a number. Of a longer one only the digits are looked at."""
MOST_DIGITS = 15
"""The most digits of a number with its country code, by E.164."""
FEWEST_BEFORE_EXTENSION = 5
_FEWEST_WHOLE = 7
"""Digits that are a number by themselves: words after them are a note, not digits written as letters."""

PLAIN = re.compile(r"(?!.*\.00?$)\(?\+?[0-9 ().\-/]*")
WRITTEN = re.compile(r"[(\[]?\s*\+{0,2}[\s\d()\[\].\-/~]*")
_FIRST_NUMBER = re.compile(r"\+{0,2}[\d\s().\-/\[\]~]*")
HAS_DIGIT = re.compile(r"\d")
_NO_DIGITS = re.compile(r"[^0-9]+")
_VANITY = re.compile(r"\+?[\d\s().\-/]*\d[\s().\-/]*[a-z][a-z\d\s().\-/]*")
_IN_THOUSANDS = re.compile(r"\+?\d{1,3}(?:,\d{3}){2,4}")
_OF_ANY_CARRIER = re.compile(r"(?<!\w)0?xx\s*(?=\d)")
"""Brazilians write 0xx11 …, where xx is the carrier that one chooses."""
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d*)?\s*(?:e|[x*]\s*10\s*\^?)\s*[+-]?\s*\d{1,3}")
_EXPONENT = re.compile(r"([+-]?)(\d)[.,](\d{6,14})e\+?(\d{1,2})")
"""A number as programs write it, which may have all its digits: 4.42079460001E11."""
_WITH_FRACTION = re.compile(r"(\+?\d{7,15})[.,]0{1,2}")
SCHEME = re.compile(r"(?:tel|callto|sms|fax|whatsapp|wa)\s*:(?://)?", re.IGNORECASE)
_CONTEXT = re.compile(r";\s*phone-context\s*=\s*(\+[\d().-]+)")
_LABEL = re.compile(
    r"(?:tel(?:e(?:phone|phon|fono|fone|fon|foon))?|t|phone|ph|p|mob(?:ile|il)?|m|cell(?:phone)?|c|movil|celular|portable|handy|fax|f|"
    r"whatsapp|call|тел(?:ефон)?|моб|电话|電話|手机|携帯|هاتف|טלפון)(?:\s*(?:number|numero|nummer|no|nr))?[\s.:#-]*(?=[(\[+\d])"
)
_WORDS = (
    "home|work|office|business|private|personal|mob(?:ile)?|cell|direct|main|landline|daytime|evening|day|eve|fax|whatsapp|"
    "privat|geschaftlich|dienstlich|buro|zuhause|zu hause|festnetz|handy|mobil|bureau|domicile|maison|fixe|portable|travail|pro|perso|"
    "casa|oficina|trabajo|movil|celular|fijo|ufficio|lavoro|cellulare|fisso|trabalho|escritorio|telemovel|thuis|werk|kantoor|mobiel|"
    "dom|praca|biuro|kom(?:orka)?|hem|arbete|дом|раб(?:очи[йи])?|моб(?:ильны[йи])?|携帯|自宅|会社|手机|办公室|"
    "ddi|direct line|desk|reception|switchboard|zentrale|standard|accueil|centralino|centralita|vaxel|vx"
)
_NOTE_BEFORE = re.compile(rf"^\s*(?:[(\[][^\d()\[\]+]{{1,40}}[)\]]|(?:{_WORDS})(?![^\W\d_])|[a-z]{{2,3}}(?=[\s.:]*\+))[\s.:-]*")
_NOTE_AFTER = re.compile(
    rf"[\s,:-]*(?:[(\[](?!(?:\D*\d){{5}})(?=[^()\[\]]*[^\W\d_]{{2}})[^()\[\]+]{{1,40}}[)\]]|(?<![^\W\d_])(?:{_WORDS})\.?)\s*$"
)
"""Words about a number: in brackets any, also with a time in them, else those of places and kinds of telephones, and a country before a
plus."""
_BETWEEN = re.compile(
    r"[\n\r\v\f\x85\u2028\u2029/;,|&\\／；，、；]|(?<=\d)\s*(?=[+＋])|"
    r"(?<![^\W\d_])(?:or|and|oder|und|ou|et|o|y|e|u|of|en|eller|och|og|lub|i|или|и|або|ή|veya|ve|tai|ja|vagy|nebo|sau|または|或|또는)(?![^\W\d_])"
)
"""Signs and words that people write between two numbers."""
_MOST_DIALLED = 18
"""The most digits that are dialled for one number: those of E.164 after what is dialled for abroad."""
_LETTERS = re.compile(r"[^\W\d_]+")
_LOOKALIKES = str.maketrans({**dict.fromkeys("oοоօ", "0"), **dict.fromkeys("liіιıӏ", "1")})
"""Letters that are typed for the digits that they look like, those of Greek, Cyrillic and Armenian included."""
_EXTENSION = re.compile(
    r"[\s,;:(\[/-]*(?:(?<![^\W\d_])(?:ext(?:n|ension|ention|ensao)?|ex|xtn|x|opt(?:ion|ie)?|opcion|opcao|opzione|press|then|auswahl|taste|touche|int(?:erno|ern)?|anexo|ramal|poste|durchwahl|dw|app(?:arat)?|nebenstelle|nst|klappe|kl|"
    r"toestel|tst|lokal|lok|loc(?:al)?(?=[\s.:])|linka|klapka|wew(?:n(?:etrzny)?)?|mellek|dahili|anknytning|ankn|alanumero|ala|intern|доб(?:авочны[йи])?|вн(?:утр)?|"
    r"εσωτ(?:ερικο)?|שלוחה|تحويلة)|内線|内线|內線|分机|分機|转|轉|내선|ต่?อ|#|,,+|;)"
    r"[\s.:=#-]*(?:nr[\s.:]*)?(\d{1,9})\s*[)\]]*\s*"
)
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_PUNCTUATION = {
    **dict.fromkeys("＋﹢⁺₊➕", "+"), **dict.fromkeys("−⁃﹣－ー", "-"), **dict.fromkeys("／⁄∕", "/"), **dict.fromkeys("．。·•‧∙٫", "."),
    **dict.fromkeys("～⁓∼〜", "~"), **dict.fromkeys("×✕", "x"), "＃": "#", "；": ";", "：": ":", "，": ",", "＝": "=", "٬": ",", "＾": "^",
    **dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", ""),
}  # fmt: skip
"""Signs as they are typed on other keyboards. The last ones are blanks that Unicode calls letters."""
_QUOTES = "'\"`´‘’‚‛“”„‟«»="
"""Signs around a number that a spreadsheet took for text."""


class _SimpleCharacters(dict[int, str]):
    """Characters as the keyboards of telephones have them, each found out when it first occurs."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character.isdecimal():
            simple = str(unicodedata.decimal(character))
        elif character in _PUNCTUATION:
            simple = _PUNCTUATION[character]
        elif character.isspace() or category == "So":
            simple = " "
        elif category in {"Cf", "Mn", "Me", "Cc", "Cn", "Co", "Cs"}:
            simple = ""
        else:
            simple = {"Pd": "-", "Ps": "(", "Pe": ")"}.get(category) or _bare(character)
        self[code] = simple
        return simple


def _bare(letter: str) -> str:
    """Return the letter without its accent, in its ordinary width."""
    if letter.isnumeric():
        return letter
    apart = unicodedata.normalize("NFKD", letter)
    return unicodedata.normalize("NFC", "".join(char for char in apart if unicodedata.category(char) != "Mn"))


_SIMPLE = _SimpleCharacters({code: chr(code) for code in range(0x20, 0x7F)})


def simplified(text: str) -> str:
    return text.translate(_SIMPLE)


def unquoted(text: str) -> str:
    return simplified(text).strip().strip(_QUOTES).strip().casefold()


def digits_of(simplified: str) -> str:
    return simplified if simplified.isdigit() else _NO_DIGITS.sub("", simplified)


def is_shortened(text: str) -> bool:
    """Return whether the text is a number of which a spreadsheet has kept the first digits, such as 4.47912E+11."""
    return len(text) <= LONGEST and not PLAIN.fullmatch(text) and _SHORTENED.fullmatch(_written_out(unquoted(text))) is not None


def written_numbers(text: str) -> list[str]:
    """Return the numbers in the text, if signs, words or line breaks divide it into several, each of them long enough for one."""
    if SCHEME.match(unquoted(text)) and not any(map(str.isspace, text.strip())):
        return []  # a link
    parts = [part for part in _BETWEEN.split(text.casefold()) if len(digits_of(simplified(part))) >= _FEWEST_WHOLE]
    return parts if len(parts) > 1 else []


def halves(text: str) -> list[str]:
    """Return the numbers of a text with more digits than one can have, divided where both have as many; nothing if it cannot be divided."""
    n = len(digits_of(text))
    if n <= _MOST_DIALLED:
        return []
    places = [place for place, character in enumerate(text) if character == " "]
    middle = next((place for place in places if len(digits_of(text[:place])) * 2 == n), None)
    return [] if middle is None else [text[:middle], text[middle:]]


class FoundNumber(NamedTuple):
    """The number in a text.

    `is_alone` says that nothing stands beside it but a label, a note and an extension, `is_mistyped` that letters stand in it for
    the digits that look like them.
    """

    number: str
    is_alone: bool
    is_mistyped: bool = False


def find_number(text: str) -> FoundNumber:
    """Find the number in a text, which may have a label, a note and an extension, or be written partly in letters."""
    bare = _OF_ANY_CARRIER.sub("0", _without_label(_written_out(unquoted(text))))
    if fraction := _WITH_FRACTION.fullmatch(bare):
        return FoundNumber(fraction[1], True)
    for remove in (str, _without_extension, _without_notes, _without_extension, _without_notes):
        bare = remove(bare)
        if WRITTEN.fullmatch(bare):
            return FoundNumber(bare, True)
    if _is_mistyped(bare):
        return FoundNumber(bare.translate(_LOOKALIKES), False, is_mistyped=True)
    return FoundNumber(_with_letters_as_digits(bare), _is_vanity(bare))


def _written_out(text: str) -> str:
    """Return a number with an exponent, or with commas between its thousands, as its digits, if none of them is lost."""
    if _IN_THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    number = _EXPONENT.fullmatch(text)
    if not number or number[1] == "-" or len(number[3]) != int(number[4]):
        return text
    return f"{number[1]}{number[2]}{number[3]}"


def _without_label(text: str) -> str:
    if scheme := SCHEME.match(text):
        text = unquote(text[scheme.end() :])
        if (context := _CONTEXT.search(text)) and not text.lstrip().startswith("+"):
            text = f"{context[1]}{text}"
        return text.partition(";")[0]
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def _without_notes(text: str) -> str:
    """Return the text without words about the number before or after it: (office), [mobile], home."""
    for note in (_NOTE_BEFORE, _NOTE_AFTER):
        shorter = note.sub("", text)
        if len(digits_of(shorter)) >= FEWEST_BEFORE_EXTENSION:
            text = shorter
    return text


def _without_extension(text: str) -> str:
    for match in _EXTENSION.finditer(text):
        if match.end() == len(text) and sum(map(str.isdigit, text[: match.start()])) >= FEWEST_BEFORE_EXTENSION:
            return text[: match.start()]
    return text


def _is_mistyped(text: str) -> bool:
    """Return whether letters stand for digits: o beside a digit, or nothing but such letters among digits. Words stay words: oil, lili."""
    runs = list(_LETTERS.finditer(text))
    alike = [run for run in runs if not run[0].translate(_LOOKALIKES).strip("01") and (len(run[0]) < 3 or len(set(run[0])) == 1)]
    beside = any(text[run.start() - 1 : run.start()].isdigit() or text[run.end() : run.end() + 1].isdigit() for run in alike)
    only = bool(runs) and len(alike) == len(runs) and len(digits_of(text)) >= FEWEST_BEFORE_EXTENSION
    return only or (beside and _VANITY.fullmatch(text) is not None)


def _with_letters_as_digits(text: str) -> str:
    """Return a number that is partly written in letters. Of another text return the number before words or another plus, or all digits."""
    if _is_vanity(text):
        return text.translate(_KEYPAD)
    start = next((place for place, char in enumerate(text) if char.isdigit() or char == "+"), len(text))
    first = _FIRST_NUMBER.match(text, start)
    return first[0] if first and sum(map(str.isdigit, first[0])) >= _FEWEST_WHOLE else re.sub(r"[^+\d]", "", text[start:])


def _is_vanity(text: str) -> bool:
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, re.split("[a-z]", text, maxsplit=1)[0]))
    return _VANITY.fullmatch(text) is not None and letters >= 3 and digits < _FEWEST_WHOLE + 2 and letters + digits <= MOST_DIGITS
