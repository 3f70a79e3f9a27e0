"""What a column of a table is likely to be instead of a task, by its name and cells."""

import re
from collections.abc import Collection, Sequence

from headswap.prepare.meaning import are_parts, is_part, words_of
from headswap.prepare.tables.flags import kind_of

PART, BELONGS, MEASURE = "a part", "what belongs together", "a measure"
# Words in a column's name, by what it is instead of a task.
OTHER_WORDS = {
    PART: {
        *("split", "subset", "fold", "folds", "kfold", "cv", "partition", "set"),
        *("usage", "phase"),
    },
    BELONGS: {
        *("patient", "subject", "person", "participant", "user", "author", "owner"),
        *("photographer", "site", "session", "visit", "camera", "device", "hospital"),
        *("mrn", "slide", "specimen", "clinic", "scanner"),
    },
    "who labelled": {
        *("annotator", "annotators", "rater", "raters", "labeler", "labeller"),
        *("grader", "reviewer", "worker"),
    },
    "an id": {
        *("id", "ids", "uid", "uuid", "index", "idx", "key", "number", "no", "nr"),
        *("file", "filename", "filepath", "path", "url", "hash", "unnamed"),
    },
    "a date": {"date", "time", "datetime", "timestamp", "year", "month", "day"},
    MEASURE: {
        *("width", "height", "size", "xmin", "xmax", "ymin", "ymax", "score", "age"),
        *("bbox", "confidence", "probability", "latitude", "longitude"),
    },
    "text": {"note", "notes", "comment", "comments", "caption", "remark", "source"},
}
# Of these words are other forms, in other languages too: Patienten, participants.
BELONGS_STEMS = ("patient", "subject", "participant", "proband", "photograph")
# A measure where all cells are numbers: x1, y2, box_left.
COORDINATES = {
    "x",
    "y",
    "w",
    "h",
    "left",
    "right",
    "top",
    "bottom",
    "box",
    "lat",
    "lon",
}
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")
DECIMAL = re.compile(r"-?\d+\.\d+(e-?\d+)?")
# So many values, in more than half as many rows, are no classes.
MANY_VALUES = 10


def looks_like(name: str, values: Collection[str] = (), num_rows: int = 0) -> str:
    """Return what a column looks like that is no task, or "".

    Args:
        name: of the column.
        values: that stand in it, each once.
        num_rows: of the table.
    """
    words = set(words_of(name))
    # `is_valid` and `test` say whether an image is in that part.
    if is_part(" ".join(words - {"is", "in"})):
        return PART
    for role, role_words in OTHER_WORDS.items():
        if words & role_words:
            return role
    if any(word.startswith(BELONGS_STEMS) for word in words):
        return BELONGS
    filled = [value for value in values if value]
    if filled and are_parts(filled):
        return PART
    if filled and all(map(DATE.fullmatch, filled)):
        return "a date"
    if filled and all(map(NUMBER.fullmatch, filled)) and words & COORDINATES:
        return MEASURE
    # Programs write 1.0 for 1 where a cell of the column is empty.
    are_whole = all(value.rstrip("0").endswith(".") for value in filled)
    if filled and all(map(DECIMAL.fullmatch, filled)) and not are_whole:
        return MEASURE
    many = len(filled) > MANY_VALUES and 2 * len(filled) > num_rows
    return f"an id: {len(filled)} values in {num_rows} rows" if many else ""


def class_columns(columns: Sequence[tuple[str, Collection[str]]]) -> list[int]:
    """Return which columns say whether an image has a class: several, or none.

    Args:
        columns: the name and the cells of each, each once.
    """
    flags = [
        number
        for number, (_, cells) in enumerate(columns)
        if kind_of({cell for cell in cells if cell})
    ]
    roles = {number: looks_like(columns[number][0]) for number in flags}
    parts = [number for number in flags if roles[number] == PART]
    named = [number for number in parts if "is" not in words_of(columns[number][0])]
    train = named if len(named) == 1 else []  # Among vehicles.
    # Beside those that are nothing else, `No_Beard` and `Person` are no ids and groups.
    plain = [number for number in flags if not roles[number] or number in train]
    classes = [number for number in flags if number not in parts or number in train]
    return classes if len(plain) > 1 else []
