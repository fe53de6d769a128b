"""Five hundred invented people of ten countries, the same ones every time. `python -m tests.people FILE` writes them to a CSV file.

No address and no telephone number belongs to anybody: e-mail domains end in `.example` or `.test`. Telephone numbers are those that a
country keeps for films and books; Poland, Greece and Japan keep none, so theirs go on with a zero after the area code, which no number does.
"""

import csv
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SEED = 512
COLUMNS = (
    "first_name", "last_name", "company_name", "address", "city", "zip", "country_code", "phone1", "phone2", "email", "web",
)  # fmt: skip
Row = dict[str, str]
FAULTLESS = 40
"""The first rows, of which nothing in particular is known."""
OF_A_COUNTRY = 50


@dataclass(frozen=True)
class Country:
    """A name in another script is written `name=romanised`; in patterns `#` is a digit, and at the end of a
    telephone `##` are the person's own."""

    code: str
    first_names: str
    last_names: str
    companies: str
    streets: str
    cities: str
    telephones: str


COUNTRIES = (
    Country(
        "US", "James|Lenna|Art|Mary Ann|Carlos|Latisha|D’Andre|Zoë|J. R.|Wei", "Butler|O'Neill|García|van Dyke|Smith-Jones|Nguyen|Foller|St. John|Paprocky|McCoy",
        '{}, John B Jr|{} Printing Service|"{}" Auto Parts|{} & Sons, Inc.|{} Esq', "##9 N Blue Gum St|4# B Blue Ridge Blvd #54|PO Box ###|7# W Jackson Blvd, Suite 2#0",
        "New Orleans: 701##|Anchorage: 995##|Gloucester: 080##|San José: 951##", "504-555-01##|(212) 555-01##|+1 415 555 01##|303.555.01##|1-907-555-01##",
    ),
    Country(
        "GB", "Oliver|Siân|Aoibheann|George|Priya|Ffion|Harry|Chloë|Mohammed|Jean-Paul", "Brontë|Ap Rhys|Patel|O’Connor|Smythe|FitzGerald|Lloyd George|Kaur|Mc Donald|Featherstonehaugh",
        "{} Ltd|{} & {} LLP|The {} Partnership|{} (Holdings) plc", "Flat #, ## High Street|## St. Mary's Road|The Old Rectory, Mill Lane",
        "London: SW1A #AA|Leeds: LS# 4DN|Llanfairpwllgwyngyll: LL61 #UJ|King's Lynn: PE3# 1AB", "020 7946 01##|+44 (0)113 496 02##|07700 9001##|0044 1632 9603##|(0191) 498 04##",
    ),
    Country(
        "IE", "Seán|Niamh|Órla|Pádraig|Caoimhe|Ciarán|Róisín|Tadhg|Gráinne|Éamon", "Ó Súilleabháin|Ní Bhriain|O'Hara|Murphy|Mac Giolla Phádraig|Kelly|D’Arcy|Byrne|Walsh|de Búrca",
        "{} Teoranta|{} & {} DAC|{} Foods Ltd.|The {} Group", "## O'Connell Street|Unit #, Cois Abhann|# Sráid na Mainistreach",
        "Dublin: D0# X2#5|Dún Laoghaire: A96 #X2#|Gaillimh: H91 A#C#", "020 910 01##|+353 20 911 02##|(020) 912-03##|00353 20 913 04##",
    ),
    Country(
        "DE", "Jürgen|Anneliese|Björn|Käthe|Hans-Peter|Ute|Jörn|Sören|Mehmet|Zofia", "Müller|Strauß|von der Heide|Größer|Schmidt|Öztürk|Freiherr von Löwen|Kühn-Weiß|Bäcker|Jäger",
        "{} GmbH & Co. KG|{} Maschinenbau AG|Gebr. {} OHG|{} e. K.", "Hauptstr. ##|Straße des 17. Juni 1##|Am Mühlgraben #a", "Berlin: 101##|München: 803##|Köln: 506##|Hamburg: 200##",
        "030 23125 0##|+49 (0)40 66969 1##|0221/4710 2##|(089) 99998-3##|0049 69 90009 4##",
    ),
    Country(
        "FR", "François|Hélène|Jean-Baptiste|Noëlle|Gaël|Anaïs|Loïc|Marie Ève|Cédric|Océane", "Lefèvre|d'Ormesson|de La Fontaine|Bœuf|Garçon|L’Hôte|Dupont|Ba|Müntz|N'Diaye",
        "{} et Fils S.A.R.L.|Établissements {}|{} & Cie|Groupe {} S.A.", "## bis, rue de l'Église|1##, avenue du Maréchal-Foch|Bât. #, ZI Sud",
        "Paris: 750##|L'Haÿ-les-Roses: 942##|Besançon: 250##|Saint-Étienne: 420##", "01 99 00 12 ##|+33 2 61 91 34 ##|06.39.98.56.##|0033 4 65 71 78 ##",
    ),
    Country(
        "SE", "Åsa|Björn|Märta|Göran|Ulla-Britt|Sven|Agnès|Håkan|Linnéa|Örjan", "Ångström|Sjöberg|af Klint|Öberg|Svensson|Nyström|von Döbeln|Lindqvist|Ek|Åkerlund",
        "{} & Söner AB|{}s Bryggeri AB|AB {} Verkstäder|{} Konsult HB", "Drottninggatan ##|Södra Vägen # B|Åvägen 1## C", "Stockholm: 111 ##|Göteborg: 411 ##|Malmö: 211 ##|Växjö: 352 ##",
        "08-465 004 ##|+46 40 628 04 ##|031-390 06 ##|0046 (0)8 465004##",
    ),
    Country(
        "AU", "Kylie|Bruce|Noah|Matilda|Jarrah|Imogen|Lachlan|Thi Mai|Shane|Indigo", "Nguyen|O'Brien|Williams|Papadopoulos|De Souza|Mackenzie-Hall|Singh|Le|Wójcik|Dunstan",
        "{} Pty Ltd|{} Bros. Mining|{}'s Bakery|{} & Partners", "Unit #/## Pitt St|Lot ## Stuart Hwy|#0 King William Rd", "Sydney: NSW 20##|Alice Springs: NT 08##|Melbourne: VIC 30##",
        "(02) 5550 10##|+61 3 7010 11##|0061 7 5550 12##|08 7010 13##",
    ),
    Country(
        "PL", "Łukasz|Małgorzata|Paweł|Żaneta|Wojciech|Świętosława|Grażyna|Michał|Zuzanna|Jędrzej", "Wiśniewski|Żółć|Kowalska-Nowak|Dąbrowski|Łęcki|Szczęsny|Błaszczyk|Wójcik|Ćwik|Gżegżółka",
        "{} Sp. z o.o.|P.P.H.U. „{}”|{} i Wspólnicy sp. j.|Zakład {} S.A.", "ul. Długa ##/#|al. Jana Pawła II 1##|os. Złotego Wieku # m. ##", "Warszawa: 00-1##|Łódź: 90-0##|Kraków: 31-1##|Świętochłowice: 41-6##",
        "22 000 01 ##|+48 12 000 02 ##|(42) 000-03-##|0048 58 00 004 ##",
    ),
    Country(
        "GR", "Γιώργος=giorgos|Ελένη=eleni|Νίκος=nikos|Ζωή=zoi|Χρήστος=christos|Άννα=anna|Αντώνης=antonis|Φωτεινή=foteini|Ιωάννα=ioanna|Σπύρος=spyros",
        "Παπαδόπουλος=papadopoulos|Αγγελίδου=angelidou|Ξυδάκης=xydakis|Οικονόμου=oikonomou|Βλάχος=vlachos|Γεωργίου=georgiou|Ρούσσος=roussos|Δήμου=dimou|Κωνσταντινίδης=konstantinidis|Θεοδωράκη=theodoraki",
        "{} Α.Ε.|Αφοί {} Ο.Ε.|{} & ΣΙΑ Ε.Ε.", "Ερμού ##|Λεωφ. Κηφισίας 1##|Αγ. Δημητρίου #", "Αθήνα: 105 ##|Θεσσαλονίκη: 546 ##|Πάτρα: 262 ##",
        "210 000 01##|+30 231 000 02##|(0030) 261 0000 3##|210-000-04##",
    ),
    Country(
        "JP", "陽子=yoko|太郎=taro|さくら=sakura|健一=kenichi|ヒロシ=hiroshi|美咲=misaki|大輔=daisuke|あゆみ=ayumi|翔=sho|マリア=maria",
        "山田=yamada|佐藤=sato|髙橋=takahashi|渡邉=watanabe|伊藤=ito|ウィリアムズ=williams|長谷川=hasegawa|小野寺=onodera|林=hayashi|東海林=shoji",
        "株式会社{}|{}商事株式会社|有限会社{}製作所", "千代田#-##-#|中央区銀座#丁目##番地|北二条西##", "東京: 100-00##|大阪市: 530-00##|札幌市: 060-00##",
        "03-0000-01##|+81 6 0000 02##|０１１－０００－０３＃＃|090-0000-04##",
    ),
)  # fmt: skip
TEST_WORDS: tuple[Row, ...] = (
    {"first_name": "Test"},
    {"last_name": "TEST"},
    {"company_name": "Test"},
    {"company_name": "A test, please ignore"},
    {"last_name": "test1"},
    {"company_name": "ΤΕΣΤ / test Α.Ε."},
    {"email": "test@nobody.example"},
    {"email": "somebody@mail.test"},
)
"""By itself the word gives away who tries out a form."""
OTHER_WORDS: tuple[Row, ...] = (
    {"company_name": "Metlab Testing Services"},
    {"company_name": "Contest & Co."},
    {"last_name": "Testarossa"},
    {"email": "attested@protest.example"},
    {"company_name": "Größteste GmbH"},
)
"""Here it is a part of another word."""


@dataclass
class People:
    """Rows by their place, from 0, and what is known of some of them; `same_…` leads from the later row to the earlier one."""

    rows: list[Row]
    same_email: dict[int, int] = field(default_factory=dict)
    same_telephone: dict[int, int] = field(default_factory=dict)
    same_name: dict[int, int] = field(default_factory=dict)
    one_name_twice: list[int] = field(default_factory=list)
    test_word: list[int] = field(default_factory=list)
    test_in_another_word: list[int] = field(default_factory=list)

    def write(self, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)


def invent() -> People:
    random = Random(SEED)
    rows = [row for country in COUNTRIES for row in _of_country(country, random)]
    random.shuffle(rows)
    people = People(rows)
    free = random.sample(range(FAULTLESS, len(rows)), len(rows) - FAULTLESS)
    _double(people, free)
    for changes, known in ((TEST_WORDS, people.test_word), (OTHER_WORDS, people.test_in_another_word)):
        for change in changes:
            known.append(place := free.pop())
            rows[place] |= change
    for other_spelling in (str, str.upper, str.lower, lambda name: f" {name} "):
        people.one_name_twice.append(place := free.pop())
        rows[place]["last_name"] = other_spelling(rows[place]["first_name"])
    return people


def _double(people: People, free: list[int]) -> None:
    """The later row is another person but for what it shares."""
    rows = people.rows
    for other_spelling in (
        str,
        str.upper,
        str.title,
        str.swapcase,
        lambda email: f"  {email} ",
        lambda email: f"{email.capitalize()}\t",
    ) * 2:
        earlier, later = sorted((free.pop(), free.pop()))
        rows[later]["email"] = other_spelling(rows[earlier]["email"])
        people.same_email[later] = earlier
    for gap in (" ", "-", ".", "/", "  ", "") * 2:
        earlier, later = sorted((free.pop(), free.pop()))
        rows[later]["phone1"] = _regrouped(rows[earlier]["phone1"], gap)
        people.same_telephone[later] = earlier
    for other_spelling in (str, str.upper, str.lower, _plain, lambda name: f" {name}  ") * 2:
        earlier, later = sorted((free.pop(), free.pop()))
        for column in ("first_name", "last_name"):
            rows[later][column] = other_spelling(rows[earlier][column])
        people.same_name[later] = earlier


def _of_country(country: Country, random: Random) -> list[Row]:
    first_names, last_names = country.first_names.split("|"), country.last_names.split("|")
    names = random.sample([(first, last) for first in first_names for last in last_names], OF_A_COUNTRY)
    return [_person(country, *name, number, random) for number, name in enumerate(names)]


def _person(country: Country, first: str, last: str, number: int, random: Random) -> Row:
    def one_of(patterns: str) -> str:
        return random.choice(patterns.split("|"))

    partners = random.sample(country.last_names.split("|"), 2)
    city, postcode = _filled(one_of(country.cities), random).split(": ")
    local_part = one_of("{first}.{last}|{first[0]}.{last}{number}|{first}+{number}")
    domain = f"{_romanised(partners[0])}.{country.code.lower()}.example".replace("'", "")
    return {
        "first_name": _written(first),
        "last_name": _written(last),
        "company_name": one_of(country.companies).format(*map(_written, partners)),
        "address": _filled(one_of(country.streets), random),
        "city": city,
        "zip": postcode,
        "country_code": country.code,
        "phone1": _telephone(one_of(country.telephones), number),
        "phone2": _telephone(one_of(country.telephones), OF_A_COUNTRY + number),
        "email": f"{local_part.format(first=_romanised(first), last=_romanised(last), number=number)}@{domain}",
        "web": f"https://www.{domain}/",
    }


def _written(name: str) -> str:
    return name.partition("=")[0]


def _romanised(name: str) -> str:
    """As it stands in an e-mail address, where an apostrophe may stand."""
    ascii_only = _plain((name.partition("=")[2] or name).lower().translate(_NOT_TAKEN_APART))
    return "".join(character for character in ascii_only if character.isascii() and (character.isalnum() or character == "'"))


_NOT_TAKEN_APART = str.maketrans({"ß": "ss", "ł": "l", "œ": "oe"})


def _plain(text: str) -> str:
    """Without accents."""
    return "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))


def _filled(pattern: str, random: Random) -> str:
    return "".join(str(random.randint(1, 9)) if character == "#" else character for character in pattern)


def _telephone(pattern: str, own: int) -> str:
    digits = f"{own:02}"
    return pattern.replace("##", digits).replace("＃＃", digits.translate(str.maketrans("0123456789", "０１２３４５６７８９")))


def _regrouped(telephone: str, gap: str) -> str:
    digits = "".join(character for character in telephone if character.isdecimal())
    return "+" * telephone.startswith("+") + gap.join(digits[start : start + 3] for start in range(0, len(digits), 3))


if __name__ == "__main__":
    (file,) = sys.argv[1:]
    invent().write(Path(file))
