"""Names in one Unicode form, to be compared: disks and programs write them in two."""

import unicodedata


def composed(name: str) -> str:
    """Return a name with each letter and its accents as one character, where it can."""
    return unicodedata.normalize("NFC", name)
