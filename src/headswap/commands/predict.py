"""`headswap predict`: the classes of pictures, by a bundle."""

import argparse

HELP = "the classes of pictures, by a trained model"
DESCRIPTION = "Say what pictures show. What cannot be read is a row with the reason."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="file, folder, or - for a list of them"
    )
    parser.add_argument("--model", default="data/bundle", help="(data/bundle)")
    parser.add_argument(
        "--out", help="file to write, .csv or .jsonl; else CSV is printed"
    )
    parser.add_argument(
        "--top", type=int, default=2, help="classes a task that are listed (2)"
    )


def run(options: argparse.Namespace) -> None:
    """Write or print a row a picture.

    Raises:
        InputError: there is no such model, or nothing to predict.
    """
    from headswap.use.predict.files import predict_files

    predict_files(options.paths, options.model, options.out, options.top)
