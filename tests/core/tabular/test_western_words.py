"""Files of other encodings than those that are guessed: refused with advice, at both doors, where their letters would be read wrong."""

from io import BytesIO

import pytest

from config.core.errors import DomainError
from config.core.tabular.encodings import EncodingGuess
from config.core.tabular.source_file import open_source
from config.core.tabular.uploads import read_text
from config.core.tabular.western_words import WesternWords

FOREIGN = {
    "cp1251": ["Иван,Петров,Москва", "Анна,Смирнова,ООО «Вектор»", "Олег,Шевченко,Київ"],
    "koi8-r": ["Сергей,Кузнецов,Казань"],
    "cp1253": ["Γιώργος,Παππάς,Αθήνα"],
    "cp1250": ["Łukasz,Wałęsa,Żory", "Jiří,Dvořák,Plzeň", "Erdős,Győző,Győr", "Ştefan,Mureşan,Braşov"],
    "iso-8859-2": ["Małgorzata,Wiśniewska,Bełchatów"],
    "cp1254": ["İbrahim,Yıldız,İstanbul", "Başak,Kılıç,Beşiktaş"],
    "cp1257": ["Bērziņš,Jānis,Rēzekne"],
    "cp1255": ["משה,כהן,ירושלים"],
    "cp1256": ["محمد,الهاشمي,دبي"],
    "shift_jis": ["太郎,山田,会社"],
    "big5": ["陳,美玲,鴻海精密"],
    "euc-kr": ["김,철수,삼성전자"],
    "cp850": ["Jürgen,Müller,Köln"],
    "cp437": ["Jürgen,Müller,Köln"],
}
WESTERN = [
    "Jürgen,Müller,Übergrößenträger Straße", "François,Lefèvre,Orléans L’Haÿ-les-Roses cœur Œuvre", "José,Muñoz,Málaga ¿Qué? 1ª",
    "João,Simões,São Paulo Conceição", "Niccolò,Forlì,Università Città Più", "Ørjan,Ødegård,Ærø", "Yrjö,Äijälä,Jyväskylä", "Åsa,Öberg,Älvsjö",
    "Þórður,Guðmundsson,Reykjavík Sigþór Eyþór Ýmir Alþingi íþrótt", "Daniël,België,geïnteresseerd coördinatie", "Núria,Gràcia,Òscar Barça",
    "LÓPEZ,ÁLVAREZ,CÓRDOBA", "SØRENSEN,ÅRHUS,KØBENHAVN", "“Zoë”,«Noël»,10 € – naïve… 2º", "Šárka,Žofie,Uroš", "Siân,Llŷr Tŷ".replace("ŷ", "ý"),
    "Loïc,Anaïs,Gaëlle", "Größe,Äußeres,Öl", "Novotný,Veselý,Malý", "D’Éon,Saint-Étienne,d’Été",
]  # fmt: skip
HEAD = "First name,Last name,City\n"


@pytest.mark.parametrize(("encoding", "row"), [(encoding, row) for encoding, rows in FOREIGN.items() for row in rows])
def test_a_file_of_another_encoding_is_refused_at_both_doors(tmp_path, encoding, row):
    path = tmp_path / "people.csv"
    path.write_bytes(f"{HEAD}{row}\n".encode(encoding))
    with pytest.raises(DomainError, match="--encoding"), open_source(path):
        pass
    with pytest.raises(DomainError, match="Save it once more as “CSV UTF-8”"):
        list(read_text(BytesIO(path.read_bytes())))
    with open_source(path, encoding=encoding) as source:
        assert source.text().read() == f"{HEAD}{row}\n"


@pytest.mark.parametrize("row", WESTERN)
def test_a_western_file_is_read_as_before(row):
    assert "".join(read_text(BytesIO(f"{HEAD}{row}\n".encode("cp1252")))) == f"{HEAD}{row}\n"


def test_a_few_strange_words_in_a_long_file_are_no_doubt():
    guess = EncodingGuess()
    for _ in range(10):
        guess.feed("José,Muñoz,Málaga\n".encode("cp1252"))
    guess.feed("Jiøí\n".encode("cp1252"), final=True)
    assert guess.unlikely_word == ""


@pytest.mark.timeout(30)
def test_a_megabyte_without_a_blank_is_read_at_once():
    """Where the time grows with the square of the length, this takes hours."""
    words = WesternWords()
    words.add("\udcfc " + "a" * 1_000_000)
    words.add("a" * 1_000_000 + "\udcfc")
    assert words.unlikely_in("cp1252") == ""
