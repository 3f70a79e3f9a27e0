"""Files that are no data: what systems and programs leave, masks, what a user excludes.

Systems' and programs' own are passed over by every layout that walks a folder. Masks
and excluded files are taken from what a layout found, and counted.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import translate
from pathlib import PurePosixPath

from headswap.errors import InputError, listed, raise_faults
from headswap.params.data import Section
from headswap.prepare.listing import Listing, Row
from headswap.prepare.meaning import PICTURE_WORDS
from headswap.prepare.normal_form import composed

# In lower case, by who leaves them there.
FILES = {
    # Windows, macOS
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"),
    # Picasa, ZoomBrowser, Paint Shop Pro, ACDSee
    *("picasa.ini", "zbthumbnail.info", "pspbrwse.jbf", "thumbs.fpt"),
}
FOLDERS = {
    # macOS, Windows, Linux, Android
    *("__macosx", "thumbnails.noindex", "$recycle.bin", "system volume information"),
    *("lost+found", "lost.dir"),
    # Network disks: Synology, QNAP, and the snapshots of others
    *("@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot"),
    *("@__thumb", "@synoresource", "@synologycloudsync", "~snapshot", "_gsdata_"),
    # FrontPage
    "_vti_cnf",
    # Photo programs: iTunes, Nikon
    *("ipod photo cache", "nksc_param"),
}
# Of folders and files of Lightroom and Apple's programs, and of notes beside pictures.
ENDINGS = (".lrdata", ".lrcat", ".ithmb", ".aae", ".xmp", ".pp3", ".dop")

# Beside `cat.jpg`: `cat_mask.png`, `cat_mask_1.png`, `cat.GT.png`, `mask_cat.png`.
_KINDS = (
    r"(masks?|seg|segmentations?|gt|ground[ _-]?truth|labels?(_?ids)?|trimaps?|"
    r"superpixels|annotations?|depth)"
)
_MASKS = (
    re.compile(rf"(?P<name>.+?)[ ._-]{_KINDS}([ _-]?\d+)?", re.IGNORECASE),
    re.compile(rf"{_KINDS}[ ._-](?P<name>.+)", re.IGNORECASE),
    re.compile(r"(?P<name>.*[^A-Za-z])Mask"),
)
# Beside `images` or its like.
_MASK_FOLDER = re.compile(_KINDS, re.IGNORECASE)
# Below the pictures that they show again.
_PREVIEW_FOLDERS = {
    *("thumb", "thumbs", "_thumbs", "thumbnail", "thumbnails", "preview", "previews"),
    "cache",
}


def is_no_data(name: str) -> bool:
    """Return whether a file or folder is a system's or a program's own."""
    lower = name.lower()
    return (
        name.startswith(".")
        or lower in FILES
        or lower in FOLDERS
        or lower.endswith(ENDINGS)
    )


def leave_out(listing: Listing, data: Section) -> Listing:
    """Return the listing without masks and without what is to be excluded.

    How many files that are is printed. A table or an annotation says itself what is a
    picture; so masks are looked for where folders alone do.

    Args:
        listing: of all files.
        data: with the patterns, and the layout.

    Raises:
        InputError: a pattern matches no file, or they leave none.
    """
    excluded = _matches(listing, data.exclude)
    rows = [row for row in listing.rows if row.path not in excluded]
    masks = set(_beside(rows)) if data.layout == "folders" else set()
    if excluded:
        print(f"data.exclude leaves out {len(excluded)} files")
    if masks:
        print(
            f"note: {len(masks)} masks or previews beside their pictures are left out: "
            f"{listed(sorted(masks))}. To have them in, rename them."
        )
    if excluded and not rows:
        raise InputError(
            f"data.exclude: it must leave pictures below data.root, got "
            f"{list(data.exclude)}, which leaves none of {len(excluded)}. Correct it."
        )
    return replace(
        listing,
        rows=[row for row in rows if row.path not in masks],
        rejected=[each for each in listing.rejected if each[0] not in excluded],
    )


def _matches(listing: Listing, patterns: Sequence[str]) -> set[str]:
    """Return the paths that any of the patterns matches.

    Raises:
        InputError: with every pattern that matches none.
    """
    paths = [row.path for row in listing.rows] + [path for path, _ in listing.rejected]
    paths += listing.excluded
    excluded: set[str] = set()
    faults = []
    for pattern in patterns:
        found = list(filter(matcher([pattern]), paths))
        excluded.update(found)
        if not found:
            faults.append(
                "data.exclude: every pattern must match a file or folder below "
                f"data.root, got {pattern!r}, which matches none of {listed(paths)}. "
                "Correct or remove it."
            )
    raise_faults(faults)
    return excluded


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return what says whether a pattern matches a path, or a folder above it."""
    of_names, of_paths = (
        [
            re.compile(translate(composed(each.strip("/"))))
            for each in patterns
            if ("/" in each.strip("/")) == is_of_paths
        ]
        for is_of_paths in (False, True)
    )

    def is_meant(path: str) -> bool:
        names = composed(path).split("/") if patterns else []
        above = ["/".join(names[:end]) for end in range(1, len(names) + 1)]
        return any(
            pattern.match(each)
            for some, parts in ((of_names, names), (of_paths, above))
            for pattern in some
            for each in parts
        )

    return is_meant


def _beside(rows: Sequence[Row]) -> list[str]:
    """Return the paths of masks and previews that lie beside what they belong to."""
    paths = [PurePosixPath(row.path) for row in rows]
    pictures = {(path.parent, path.stem) for path in paths}
    # Of each folder, for there are fewer than files.
    lines = {path.parent: [path.parent, *path.parent.parents] for path in paths}
    folders = {folder for line in lines.values() for folder in line}
    with_pictures = {
        folder.parent for folder in folders if folder.name.casefold() in PICTURE_WORDS
    }
    of_masks = {
        folder
        for folder in folders
        # At the top they are classes, which is refused.
        if folder.parent.name
        and folder.parent in with_pictures
        and _MASK_FOLDER.fullmatch(folder.name)
    }
    below_masks = {own for own, line in lines.items() if of_masks.intersection(line)}

    def is_named_so(path: PurePosixPath) -> bool:
        found = (pattern.fullmatch(path.stem) for pattern in _MASKS)
        return any(each and (path.parent, each["name"]) in pictures for each in found)

    def is_preview(path: PurePosixPath) -> bool:
        folder = path.parent
        return (
            folder.name.casefold() in _PREVIEW_FOLDERS
            and (folder.parent, path.stem) in pictures
        )

    return [
        str(path)
        for path in paths
        if path.parent in below_masks or is_named_so(path) or is_preview(path)
    ]
