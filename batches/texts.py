"""Reasons and answers of batches, as users read them."""

from integrations.texts import REASON_AT_MOST

BEING_BUILT = "A file of this job is being built already."
NO_DESTINATION = "It has no destination: set one in its settings first."
NO_COLUMNS = "It has no columns: name them in its settings first."
NOTHING_WAITS = "No lead waits for a file."
PAUSED = "It is switched off, or paused with its campaign: nothing is sent until that ends."
WORKER_STOPPED = "The worker stopped while this was being sent: it may have arrived"
FAULT_OF_OURS = "It broke off because of a fault of ours: it may have arrived"
NO_TARGET = "Its destination is no longer available."
NO_LOGIN = "The credential with the login is missing, cannot be read, or is not for this campaign."
FILE_GONE = "Its file was deleted, as the retention setting says."
NOT_SENT = "Only a file that was sent can be sent again."
NOT_OPEN = "It is sent, or given up already."
BEING_SENT = "It is being sent at this moment."
NOT_IN_NEED = "It does not need a person."
NOT_PENDING = "not waiting for a file"
TAKEN_OUT = "Taken out of the file"
NO_REASON = "Say why they are taken out: it is noted on each of them."
LONGEST_REASON = REASON_AT_MOST
