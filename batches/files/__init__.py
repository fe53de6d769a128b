"""The files of batches: their formats, columns, names and bytes, and where they are kept. Nothing here knows a batch's state."""
