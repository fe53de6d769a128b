"""Job types, one file each. Every file here is imported when the app starts and needs no other registration."""
