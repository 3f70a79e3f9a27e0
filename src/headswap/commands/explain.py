"""`headswap explain`: where in a picture the evidence for its class lies."""

import argparse

HELP = "where in a picture the evidence for its class lies"
DESCRIPTION = (
    "Write a PNG a picture and task: red speaks for the class, blue against it; beside "
    "it the training pictures that it is most like."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--model", default="data/bundle", help="(data/bundle)")
    parser.add_argument("--out", default="data/explained", help="(data/explained)")
    parser.add_argument(
        "--pictures",
        metavar="FOLDER",
        help="where the training pictures are (data.root of params.yaml)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the pictures.

    Raises:
        InputError: there is no such model, or nothing to explain.
    """
    from headswap.use.explain import explain_files

    explain_files(options.paths, options.model, options.out, options.pictures)
