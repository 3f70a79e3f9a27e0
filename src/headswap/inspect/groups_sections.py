"""The sections of the data report that show pictures which belong together."""

from collections.abc import Sequence

from headswap.inspect.found import Found
from headswap.inspect.pictures import Pictures
from headswap.pages.blocks import paragraph
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section

MAX_GROUPS = 40


def conflicts_section(found: Found, pictures: Pictures) -> Section:
    """Return the section on pictures under several classes."""
    groups: dict[str, list[int]] = {}
    for number, conflict in enumerate(found.conflicts):
        groups.setdefault(conflict.picture, []).append(number)
    body = _groups(
        "No picture stands under several classes.",
        "The same picture stands under several classes. All its files were left out "
        "(data.conflicts=drop); keep one of each, in the right place.",
        [
            pictures.conflict_group(numbers)
            for numbers in list(groups.values())[:MAX_GROUPS]
        ],
        len(groups),
        "See data/prepared/conflicts.csv.",
    )
    return Section("conflicts", "One picture, several classes", body)


def same_section(found: Found, pictures: Pictures) -> Section:
    """Return the section on files of one picture."""
    body = _groups(
        "No two files show the same picture.",
        "These files show the same picture. They share a group, so no part and no fold "
        "separates them; each still counts as a picture.",
        [
            pictures.group(f"{len(rows):,} files of one picture", rows)
            for rows in found.same[:MAX_GROUPS]
        ],
        len(found.same),
        "Equal pixel_hash in data/prepared/index.csv.",
    )
    return Section("duplicates", "Same picture", body)


def near_section(found: Found, pictures: Pictures) -> Section:
    """Return the section on pairs that are nearly one picture."""
    joined, alike = (
        [[one, other] for one, other, is_one in found.pairs if is_one == wanted]
        for wanted in (True, False)
    )
    body = join(
        _groups(
            "No two pictures differ in no more than size, colours, borders or a crop.",
            "These pairs are one picture but for size, compression, colours, a turn, "
            "borders or a small crop. split.near_duplicates=group keeps them together.",
            [pictures.group("Confirmed", rows) for rows in joined[:MAX_GROUPS]],
            len(joined),
            "See metrics/split/near_duplicates.csv.",
        ),
        _groups(
            "No other two look alike.",
            "These pairs look alike, and nothing is done with them: the same moment? "
            "Look, and name what belongs together by data.group.",
            [pictures.group("Same moment?", rows) for rows in alike[:MAX_GROUPS]],
            len(alike),
            "See metrics/split/near_duplicates.csv.",
        ),
    )
    return Section("near-duplicates", "Nearly the same picture", body)


def leaks_section(found: Found, pictures: Pictures) -> Section:
    """Return the section on what stands in several given parts."""
    body = _groups(
        "No picture and no group stands in several of the data set's own parts."
        if any(found.index.given_parts)
        else "The data set gives no parts of its own, so nothing leaks between them.",
        "These belong together, as one picture or one group, and yet the data set puts "
        "them in different parts. split.leaks says what becomes of them.",
        [
            pictures.group(
                f"{len(rows):,} files in several parts", rows, with_part=True
            )
            for rows in found.leaks[:MAX_GROUPS]
        ],
        len(found.leaks),
        "See metrics/split/leaks.csv.",
    )
    return Section("leaks", "Leaks between given parts", body)


def _groups(
    none: str, some: str, shown: Sequence[Markup], number: int, rest: str
) -> Markup:
    """Return groups of pictures, or that there are none."""
    if not number:
        return paragraph(none)
    hidden = number - len(shown)
    more = paragraph(f"And {hidden:,} more groups. {rest}", kind="quiet")
    return join(paragraph(some), *shown, more if hidden else "")
