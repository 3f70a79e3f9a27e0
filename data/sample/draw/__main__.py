"""The command line: an output folder comes in, a line that sums up the set goes out."""

import argparse
import sys
from pathlib import Path

from draw.files import draw_set
from draw.landmarks import LANDMARKS
from draw.odd_files import ODD_FILES


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m draw", description="Draw the built-in sample set."
    )
    parser.add_argument("folder", metavar="OUTPUT_FOLDER", type=Path)
    folder = parser.parse_args(arguments).folder
    try:
        paths = draw_set(folder)
    except OSError as error:
        sys.exit(str(error))
    categories = {name.split("/")[0] for name in LANDMARKS}
    print(
        f"Drew {len(paths)} pictures of {len(LANDMARKS)} landmarks in "
        f"{len(categories)} categories into {folder}, {len(ODD_FILES)} of them odd "
        "on purpose."
    )


if __name__ == "__main__":
    main()
