"""One file per job type. A new file here is found when the app starts; nothing else has to name it."""
