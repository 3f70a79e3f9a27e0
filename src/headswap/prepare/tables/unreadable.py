"""What is said of files of text that cannot be opened as such."""

from pathlib import Path

SAVE = "Save it as UTF-8; spreadsheets call that `CSV UTF-8`"


def require_no_nul(text: str) -> None:
    """Check that a text has no NUL, as Latin letters of UTF-16 do when read as UTF-8.

    Raises:
        UnicodeError: it has.
    """
    if "\0" in text:
        raise UnicodeError("the character NUL, as in UTF-16")


def unreadable(where: str, path: Path, error: Exception, remedy: str) -> str:
    """Return the fault of a file that cannot be opened or is in another encoding.

    Args:
        where: a parameter that names it.
        path: of the file.
        error: with which it was opened.
        remedy: a sentence for files that are not there.
    """
    is_encoding = isinstance(error, UnicodeError)
    return (
        f"{where}: {path} must be a readable UTF-8 file, got {error}. "
        f"{f'{SAVE}.' if is_encoding else remedy}"
    )
