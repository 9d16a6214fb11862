"""Effects: one module per outside thing; imported only by `lab.cli.wiring`."""
