"""Reports of runs: pure functions from a `Run` to HTML text or to terminal lines. Prints and writes nothing."""
