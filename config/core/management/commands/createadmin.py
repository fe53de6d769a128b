"""`manage.py createadmin`: make a user with the role Admin who may also use Django's admin, the first one or a further one."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError, transaction
from typing_extensions import override

from config.core import audit
from config.core.accounts import passwords, roles
from config.core.actor import SYSTEM
from config.core.models import User

PASSWORD_VARIABLE = "SLUICE_ADMIN_PASSWORD"
LABELS = {"username": "User name", "email": "E-mail address", "name": "Full name"}


class Command(BaseCommand):
    help = (
        "Make a user with the role Admin. Asks for what is not given; without a terminal, give the options and the password "
        f"in {PASSWORD_VARIABLE} or as the first line of the input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", help="the name to sign in with")
        parser.add_argument("--email", help="the address for letters, such as that for a forgotten password")
        parser.add_argument("--name", help="the name that others see; the user name where it is not given")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from the first line of the input")
        parser.add_argument("--noinput", "--no-input", dest="interactive", action="store_false", help="ask nothing")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        interactive = options["interactive"] and not options["password_stdin"] and sys.stdin.isatty()
        try:
            user = self._new_user(options, interactive=interactive)
            password = self._password(user, options, interactive=interactive)
            create_admin(user, password)
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error))) from None
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database cannot be used ({reason}). Start it, and run manage.py migrate first.") from None
        self.stdout.write(f"{user.username} is an Admin and can sign in.")

    def _new_user(self, options: dict[str, Any], *, interactive: bool) -> User:
        """Return the user, checked and not stored."""
        values = {name: (options[name] or "").strip() for name in LABELS}
        for name in ("username", "email"):
            if not values[name] and interactive:
                values[name] = input(f"{LABELS[name]}: ").strip()
            if not values[name]:
                raise CommandError(f"{LABELS[name]} is missing: give --{name}.")
        if not values["name"] and interactive:
            values["name"] = input(f"{LABELS['name']} [{values['username']}]: ").strip()
        values["username"] = User.normalize_username(values["username"])
        user = User(**{**values, "name": values["name"] or values["username"]}, role=roles.ADMIN, is_staff=True, is_superuser=True)
        if User.objects.filter(username=user.username).exists():
            raise CommandError(
                f"There is a user {user.username} already; nothing was changed. Choose another name, or set that user's role and password "
                "in Django's admin."
            )
        user.full_clean(exclude=["password"])
        return user

    def _password(self, user: User, options: dict[str, Any], *, interactive: bool) -> str:
        if interactive and PASSWORD_VARIABLE not in os.environ:
            return self._typed_password(user)
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else os.environ.get(PASSWORD_VARIABLE, "")
        if not password:
            raise CommandError(
                f"The password is missing: give it in {PASSWORD_VARIABLE}, or as the first line of the input with --password-stdin."
            )
        validate_password(password, user)
        return password

    def _typed_password(self, user: User) -> str:
        """Ask until a password follows the rules and is typed twice alike."""
        while True:
            password = getpass.getpass("Password: ")
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if password == getpass.getpass("The password again: "):
                return password
            self.stderr.write("The two passwords differ.")


@transaction.atomic
def create_admin(user: User, password: str) -> None:
    user.set_unusable_password()
    user.save()
    passwords.store(user, password)
    audit.record(actor=SYSTEM, page="Command line", action="admin created", obj=user, after={"username": user.username}, severity="high")


def _sentences(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{LABELS.get(name, name)}: {message}" for name, messages in error.message_dict.items() for message in messages]
