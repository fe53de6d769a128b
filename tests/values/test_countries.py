"""Countries by code and name."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from leads.values import countries


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("GB", "GB"), (" gb ", "GB"), ("gbr", "GB"), ("826", "GB"), ("UK", "GB"), ("U.K.", "GB"), ("GB-ENG", "GB"), ("England", "GB"),
        ("Great Britain & Northern Ireland", None), ("United Kingdom (UK)", "GB"), ("GB - United Kingdom", "GB"), ("🇬🇧", "GB"), ("🇫🇷 France", "FR"),
        ("Ｇｅｒｍａｎｙ", "DE"), ("\u202aGermany\u202c", "DE"), ("Ger\u00admany", "DE"), ("Deutschland", "DE"), ("BRD", "DE"), ("Allemagne", "DE"),
        ("Alemania / Germany", "DE"), ("DEU", "DE"), ("España", "ES"), ("ESPANA", "ES"), ("Espan\u0303a", "ES"), ("Kingdom of Spain", "ES"),
        ("Österreich", "AT"), ("Oesterreich", "AT"), ("日本", "JP"), ("Nippon", "JP"), ("中国", "CN"), ("대한민국", "KR"), ("Korea", "KR"),
        ("Korea, Republic of", "KR"), ("Korea (the Democratic People's Republic of)", "KP"), ("U.S.A.", "US"), ("United States of America", "US"),
        ("US of A", "US"), ("EE.UU.", "US"), ("США", "US"), ("Holland", "NL"), ("The Netherlands", "NL"), ("Netherlands (Kingdom of the)", "NL"),
        ("Россия", "RU"), ("Russian Federation", "RU"), ("مصر", "EG"), ("ישראל", "IL"), ("भारत", "IN"), ("ΕΛΛΆΔΑ", "GR"), ("EL", "GR"),
        ("TÜRKİYE", "TR"), ("Turkey", "TR"), ("BIRLESIK KRALLIK", "GB"), ("Côte d’Ivoire", "CI"), ("cote divoire", "CI"), ("Ivory Coast", "CI"),
        ("St. Lucia", "LC"), ("Saint Lucia", "LC"), ("Trinidad and Tobago", "TT"), ("Iran (Islamic Republic of)", "IR"), ("Viet Nam", "VN"),
        ("Moldova, Republic of", "MD"), ("Tanzania, United Republic of", "TZ"), ("Bolivia (Plurinational State of)", "BO"), ("Burma", "MM"),
        ("Congo, The Democratic Republic of the", "CD"), ("Congo", "CG"), ("Falkland Islands (the) [Malvinas]", "FK"), ("Czech Republic", "CZ"),
        ("Virgin Islands (U.S.)", "VI"), ("Virgin Islands (British)", "VG"), ("Taiwan, Province of China", "TW"), ("Hong Kong", "HK"),
        ("Niger", "NE"), ("Nigeria", "NG"), ("Dominican Republic", "DO"), ("Dominica", "DM"), ("Guinea-Bissau", "GW"), ("XK", "XK"), ("Antarctica", "AQ"),
        ("U S A", "US"), ("U. K.", "GB"), ("U A E", "AE"), ("UnitedKingdom", "GB"), ("UnitedStates", "US"), ("newzealand", "NZ"), ("SouthAfrica", "ZA"),
        ("Hong Kong, China", "HK"), ("Macau, China", "MO"), ("Taiwan, R.O.C.", "TW"), ("S. Korea", "KR"), ("N. Ireland", "GB"), ("S. Africa", "ZA"),
        ("N. Macedonia", "MK"), ("Czech Rep.", "CZ"), ("Slovak Republic", "SK"), ("Slovak Rep", "SK"), ("Rep. of Ireland", "IE"), ("Dominican Rep.", "DO"),
        ("ROI", "IE"), ("Rep. of Korea", "KR"), ("Rep of Moldova", "MD"),
        ("G B N", None), ("N A", None), ("n/a", None), ("O K", None), ("República Dominicana", "DO"), ("Rep. Dominicana", "DO"),
        ("Atlantis", None), ("Mordor", None), ("", None), (" ", None), ("EU", None), ("ZZ", None), ("Europe", None), ("London, UK", None),
        ("State of Georgia", None), ("Kongo", None), ("G", None), ("000", None), ("x" * 81, None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_codes_and_names(country, code):
    assert countries.code_of(country) == code


ENDONYMS = {
    "AE": "الإمارات", "AT": "Republik Österreich", "BE": "België / Belgique", "BG": "България", "BR": "Brasil", "BY": "Белоруссия", "CD": "RDC",
    "CH": "Svizzera|Suisse|Schweizerische Eidgenossenschaft|Confoederatio Helvetica|Svizra", "CI": "Elfenbeinküste|Costa de Marfil|Costa d’Avorio",
    "CN": "中华人民共和国|中華人民共和國|Zhongguo|PRC", "CY": "Κύπρος", "CZ": "Česko|Česká republika|Tschechische Republik|República Checa",
    "DE": "Bundesrepublik Deutschland|République fédérale d’Allemagne", "DK": "Kongeriget Danmark", "DZ": "الجزائر", "EE": "Eesti Vabariik",
    "EG": "Misr|جمهورية مصر العربية", "ES": "Reino de España|Espanya", "FI": "Suomi", "FR": "République française",
    "GB": "Schottland|Écosse|Cymru|Pays de Galles|Nordirland|Irlanda del Norte|Англия|英国|Great Britain|Wales", "GE": "საქართველო|Sakartvelo",
    "GR": "Ελληνική Δημοκρατία|Hellas", "HK": "香港|Hong Kong SAR", "HR": "Republika Hrvatska", "HU": "Magyarország", "IE": "Éire|Republic of Ireland",
    "IL": "מדינת ישראל", "IN": "Bharat|भारत गणराज्य", "IR": "ایران", "IT": "Repubblica Italiana", "JP": "日本国|Nihon", "KH": "Kampuchea",
    "KR": "한국|Hanguk", "KZ": "Қазақстан", "LA": "Lao PDR", "LK": "Ceylon", "LT": "Lietuva", "LV": "Latvija", "MA": "Maroc|المملكة المغربية",
    "MK": "Македонија", "MM": "Birmanie", "MN": "Монгол улс", "MO": "澳門", "MX": "Estados Unidos Mexicanos", "NL": "Koninkrijk der Nederlanden|Hollande|荷兰",
    "NO": "Noreg", "NZ": "Aotearoa", "PH": "Pilipinas", "PL": "Rzeczpospolita Polska", "PS": "فلسطين", "PT": "República Portuguesa", "RU": "РФ|Rossiya",
    "SA": "السعودية", "SE": "Konungariket Sverige", "SK": "Slovenská republika", "TH": "ประเทศไทย", "TR": "Türkiye Cumhuriyeti", "TW": "臺灣",
    "UA": "Україна", "US": "EUA|EE. UU.|États-Unis d’Amérique|アメリカ合衆国|أمريكا|Stati Uniti d’America", "VA": "Santa Sede", "VN": "Việt Nam", "ZA": "Suid-Afrika|RSA",
}  # fmt: skip
"""Names by which people call their country, or another in their language, that are not those of CLDR or not its usual ones."""


def test_a_country_is_known_by_the_names_that_its_people_use():
    known = {(code, name): countries.code_of(name) for code, names in ENDONYMS.items() for name in names.split("|")}
    assert {key: found for key, found in known.items() if found != key[0]} == {}
    assert [name for name in ("Yugoslavia", "USSR", "Channel Islands", "Scandinavia", "Arabia") if countries.code_of(name)] == []


def test_the_codes_are_those_of_iso_3166_and_kosovos():
    assert len(countries.codes()) == 249 + 1
    assert {"GB", "AQ", "XK", "SS"} <= countries.codes()
    assert not {"EU", "UK", "AC", "IC", "ZZ"} & countries.codes()


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_the_names_in_the_file_are_those_of_cldr(language):
    """A new edition of Babel may bring new names: they are added to the file."""
    names = {code: name for code, name in Locale(language).territories.items() if code in countries.codes()}
    assert {code: name for code, name in names.items() if countries.code_of(name) != code and countries.fold(name) != "kongo"} == {}


def test_the_file_holds_folded_names_each_once():
    lines = [line.split("\t") for line in countries.NAMES.read_text("utf-8").splitlines() if not line.startswith("#")]
    names = [name for _, listed in lines for name in listed.split("|")]
    assert len(names) == len(set(names))
    assert [name for name in names if countries.fold(name) != name] == []


@given(st.text(max_size=90))
def test_whatever_is_written_it_answers(text):
    assert countries.code_of(text) in {None, *countries.codes()}
