"""HTML elements, out of texts that are escaped.

In: names, texts and numbers as a user or the data has them. Out: `Markup`. Whatever is
no `Markup` is escaped, and stands in one line; so no text can become an element, end an
attribute or turn the order of letters round.
"""

import html

from headswap.errors import one_line

# Elements that have no end tag. Source: HTML Living Standard, 13.1.2.
VOID = ("img", "meta", "br", "wbr")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | int | float


def escape(content: Content) -> Markup:
    """Return content as HTML; `Markup` stays as it is."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(html.escape(one_line(content)))
    if isinstance(content, int):
        return Markup(f"{content:,}")
    return Markup(f"{content:.2f}")


def join(*contents: Content) -> Markup:
    """Return contents one after the other."""
    return Markup("".join(map(escape, contents)))


def element(name: str, /, *contents: Content, **attributes: Content | None) -> Markup:
    """Return an element.

    Args:
        name: such as `p`.
        contents: what stands in it.
        attributes: by name, `class_` for `class` and `aria_label` for `aria-label`;
            one that is None is left out.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(*contents)}</{name}>")


def _attribute(value: Content) -> str:
    # Numbers in attributes are for machines: no comma between thousands.
    return html.escape(one_line(str(value)))
