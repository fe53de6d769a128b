"""Every status and reason of the processr that people read, except what single job types say."""

COULD_NOT_BE_CHECKED = "Could not be checked"
TYPE_GONE = "This kind of job is no longer available"
NO_CONDITION_HOLDS = "The conditions of the job do not hold for this lead"
OTHER_JOB_OF_GROUP = "Another job of the group was run"
IMPORTED_LEAD = "Imported leads have no IP address of their own"
NO_IP = "The lead has no IP address"
