"""The words that mark the heading of a column in files of lists, in the languages that people make lists in."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split("|"))


EMAILS = _words(
    "value|email|e-mail|emails|e-mails|email address|e-mail address|mail|email-adresse|e-mail-adresse|adresse email",
    "adresse e-mail|courriel",
    "correo|correo electrónico|correo electronico|posta elettronica|e-post|e-postadress|e-postadresse|e-mailadres|adres e-mail",
    "почта|メールアドレス|邮箱|이메일",
)
TELEPHONES = _words(
    "value|telephone|telephones|phone|phones|phone number|telephone number|mobile|number|tel|telefon|telefonnummer",
    "handy|mobil|téléphone|portable",
    "teléfono|móvil|celular|telefono|cellulare|telefone|telefoon|telefoonnummer|numer telefonu|телефон|電話番号|电话|手机|전화번호",
)
FIRST_NAMES = _words(
    "firstname|first name|first_name|forename|given name|vorname|prénom|prenom|nombre|nome|voornaam|imię|imie|förnamn",
    "fornavn|etunimi|jméno|имя|名",
)
LAST_NAMES = _words(
    "lastname|last name|last_name|surname|family name|nachname|familienname|nom|nom de famille|apellido|apellidos",
    "cognome|apelido|sobrenome",
    "achternaam|nazwisko|efternamn|etternavn|efternavn|sukunimi|příjmení|фамилия|姓",
)
VALUES = EMAILS | _words(
    "values|new value|domain|domains|email domain|company|companies|company name|postcode|name|telephone|phone",
    "firma|unternehmen|postleitzahl|plz|telefon|société|entreprise|code postal|téléphone|empresa|teléfono|azienda",
    "telefono|bedrijf|telefoon|会社名",
)
