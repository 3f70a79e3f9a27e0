"""The report of the last run, shown in a browser."""

import webbrowser
from pathlib import Path

from headswap.errors import InputError, one_line

REPORT = "data/report/report.html"


def open_report(file: str = REPORT) -> None:
    """Open a page in the user's browser; print where it is.

    Args:
        file: the page.

    Raises:
        InputError: there is no such file.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(
            f"headswap report: {one_line(file)} must be a page that the stage report "
            "has made, got no such file. Run `dvc repro report`, or `dvc checkout` "
            "where it was made before."
        )
    if not webbrowser.open(path.resolve().as_uri()):
        print("No browser is known here. Open this file with one:")
    print(path.resolve())
