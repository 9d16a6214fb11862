"""Pure: topology → the files that start it."""
