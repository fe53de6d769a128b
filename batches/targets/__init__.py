"""Where files are sent to: one target in each module here. Importing the package registers them all."""
