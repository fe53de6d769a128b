"""Settings of an installation that ends with the processr: what stands below needs nothing of what stands above."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as ALL_APPS

UPPER_APPS = {"integrations"}
INSTALLED_APPS = [app for app in ALL_APPS if app not in UPPER_APPS]
