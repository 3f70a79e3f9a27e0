"""Any text in a page of Markdown, shown as it is."""


def literal(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line."""
    for mark in "\\`*_{}[]<>#|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
