"""`headswap serve`: a page to try a model, and an address for programs."""

import argparse

from headswap.errors import InputError

HELP = "a page to try a trained model, and the Open Inference Protocol"
DESCRIPTION = (
    "Serve a model to a browser and to programs, by default to this machine alone. No "
    "picture is kept."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", nargs="?", default="data/bundle")
    parser.add_argument(
        "--host", default="127.0.0.1", help="to listen at; 0.0.0.0 for all (127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 for any free (8000)")
    parser.add_argument(
        "--name", default="headswap", help="of the model, for programs (headswap)"
    )
    limits = parser.add_argument_group("limits")
    limits.add_argument("--megabytes", type=float, help="of a request (20)")
    limits.add_argument("--megapixels", type=float, help="of a picture (50)")
    limits.add_argument("--pictures", type=int, help="in a request (64)")
    limits.add_argument("--seconds", type=float, help="that a request takes (60)")
    limits.add_argument("--waiting", type=int, help="requests at a time (64)")


def run(options: argparse.Namespace) -> None:
    """Serve until interrupted.

    Raises:
        InputError: a package or the model is missing, or the address cannot be had.
    """
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(
            "headswap serve: fastapi and uvicorn must be installed, got none of "
            f"{error.name}. Run `pip install fastapi uvicorn`, or install "
            "headswap[serve]."
        ) from error
    from headswap.use.serve.limits import Limits
    from headswap.use.serve.running import serve

    names = ("megabytes", "megapixels", "pictures", "seconds", "waiting")
    given = {name: getattr(options, name) for name in names}
    limits = Limits(**{name: each for name, each in given.items() if each is not None})
    serve(options.model, options.host, options.port, options.name, limits)
