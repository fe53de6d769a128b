"""The services that change jobs and groups.

Every write leaves one audit entry and makes the next run compile a new plan.
"""

from processr.services.copying import changes_of_copy, copy_settings, copy_settings_to
from processr.services.groups import (
    GroupChangedMeanwhile,
    create_group,
    put_in_group,
    put_in_new_group,
    remove_group,
    save_group,
    set_conditions,
    update_group,
)
from processr.services.held import process_held, release_held
from processr.services.jobs import add_job, disable_job, enable_job, remove_job, reorder_jobs, update_job
from processr.services.locking import ChangedMeanwhile
from processr.services.settings import SettingRefused

__all__ = [
    "ChangedMeanwhile",
    "GroupChangedMeanwhile",
    "SettingRefused",
    "add_job",
    "changes_of_copy",
    "copy_settings",
    "copy_settings_to",
    "create_group",
    "disable_job",
    "enable_job",
    "process_held",
    "put_in_group",
    "put_in_new_group",
    "release_held",
    "remove_group",
    "remove_job",
    "reorder_jobs",
    "save_group",
    "set_conditions",
    "update_group",
    "update_job",
]
