"""One module a command of `headswap`: `HELP`, `DESCRIPTION`, `add_arguments`, `run`."""
