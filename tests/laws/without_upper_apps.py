"""Settings of an installation without the apps above the Processr."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as ALL_APPS

UPPER_APPS = {"integrations", "batches"}
INSTALLED_APPS = [app for app in ALL_APPS if app not in UPPER_APPS]
