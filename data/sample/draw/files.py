"""The files of the set: each picture drawn, encoded and written to its path.

A folder comes in, 420 files go out, the same bytes in every run.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
from tqdm import tqdm

from draw.landmarks import LANDMARKS
from draw.odd_files import ODD_FILES, PLAIN_FILE
from draw.pictures import draw_picture

PICTURES_PER_LANDMARK = 14


def write_picture(folder: Path, name: str, number: int) -> Path:
    """Draw, encode and write one picture of the landmark `name`."""
    file = ODD_FILES.get(f"{name}/{number:02d}", PLAIN_FILE)
    picture = draw_picture(name, number if file.shows is None else file.shows)
    path = folder / name / f"{number:02d}.{file.extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.encode(picture))
    return path


def draw_set(folder: Path) -> list[Path]:
    """Draw the whole set into a folder.

    Args:
        folder: made if it is not there; files of the same names are replaced.

    Returns:
        The paths of all files, in the order of the table.

    Raises:
        NotADirectoryError: if `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"draw: OUTPUT_FOLDER must be a folder, got the file {folder}. "
            "Give another path, or move the file away."
        )
    jobs = [(name, n) for name in LANDMARKS for n in range(PICTURES_PER_LANDMARK)]
    cv2.setNumThreads(1)  # The pictures are drawn side by side instead.
    # Two at a time: more would wait for one another, as much of the work is Python's.
    with ThreadPoolExecutor(2) as pool:
        written = pool.map(lambda job: write_picture(folder, *job), jobs)
        return list(tqdm(written, "draw", len(jobs), unit="picture", disable=None))
