"""Mutates small picture files and decodes them, in a process that may die of it.

`python fuzzing.py FOLDER SEED SECONDS COUNT`: reads the files in FOLDER, mutates them
for so many seconds and so often at most, and prints how many were used and refused. The
file that is being decoded lies in `FOLDER.last`, so that one that ends the process is
left behind. An alarm ends it after 5 seconds with one file, and it gets no memory
beyond 2 GB more than it starts with: within 1 GB, a WebP that claims nearly as many
pixels as are read at all cannot be decoded.
"""

import random
import resource
import signal
import sys
import time
from pathlib import Path

from headswap.pictures.decode import UnreadableImage, decode

MAX_SECONDS = 5
MAX_BYTES = 2**31
SIZE = 32
# Where sides and lengths are, these hurt most.
EXTREMES = [
    *(bytes([value]) for value in (0, 255, 127, 128)),
    *(bytes.fromhex(text) for text in ("0000", "ffff", "00010000", "0000ffff")),
    *(bytes.fromhex(text) for text in ("00000000", "ffffffff", "7fffffff", "80000000")),
]


def mutate(content: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """Return a file with one to four small faults."""
    made = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        if not made:
            break
        # Most of what steers a decoder stands at the start.
        end = len(made) if draw.random() < 0.5 else min(len(made), 200)
        place = draw.randrange(end)
        kind = draw.randrange(6)
        if kind == 0:
            made[place : place + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            extreme = draw.choice(EXTREMES)
            made[place : place + len(extreme)] = extreme
        elif kind == 2:
            del made[place : place + draw.randint(1, 64)]
        elif kind == 3:
            made[place:place] = made[place : place + draw.randint(1, 64)]
        elif kind == 4:
            other = draw.choice(others)
            start = draw.randrange(len(other))
            made[place : place + 64] = other[start : start + 64]
        else:
            made[place : place + 1] = bytes([made[place] ^ 1 << draw.randrange(8)])
    return bytes(made)


def cut(content: bytes, draw: random.Random) -> bytes:
    """Return the start of a file."""
    return content[: draw.randrange(1, len(content))]


def decode_name(content: bytes) -> str | None:
    """Return the hash of the pixels, or None where the file is refused."""
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        return decode(content, SIZE, "squash").pixel_hash
    except UnreadableImage:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def memory() -> int:
    """Return the address space that this process takes, in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def main(folder: Path, seed: int, seconds: float, count: int) -> None:
    """Mutate until either is used up."""
    files = [path.read_bytes() for path in sorted(folder.iterdir())]
    whole = [decode_name(content) for content in files]
    assert all(whole)
    room = memory() + MAX_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    draw, last = random.Random(seed), folder.with_suffix(".last")
    end, used, refused = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end and used + refused < count:
        number = draw.randrange(len(files))
        is_cut = draw.random() < 0.2
        made = (
            cut(files[number], draw) if is_cut else mutate(files[number], files, draw)
        )
        last.write_bytes(made)
        name = decode_name(made)
        if is_cut and name not in (None, whole[number]):
            raise AssertionError(f"half a picture of file {number}: {last}")
        used, refused = used + (name is not None), refused + (name is None)
    print(used, refused)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
