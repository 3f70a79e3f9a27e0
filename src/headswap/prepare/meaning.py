"""Whether labels mean anything: structure that is no content is not trained on.

A task that is the same for every picture, or that tells `train` from `test`, gets
perfect figures that say nothing. What a layout listed is looked at before any picture
is read.
"""

import re
from collections.abc import Collection

from headswap.errors import listed
from headswap.prepare.listing import Listing

# Words that name a part of a data set, and those that stand beside them.
PART_WORDS = {
    *("train", "training", "trainval", "val", "valid", "validation", "dev"),
    *("test", "testing", "eval", "evaluation", "holdout", "fold", "unlabeled"),
    # As arrays are often called.
    *("xtrain", "xval", "xtest", "ytrain", "yval", "ytest"),
    # German, French, Spanish, Italian, Portuguese
    *("apprentissage", "entraînement", "entrainement", "entrenamiento", "prueba"),
    *("validierung", "validación", "validacion", "addestramento", "treino", "teste"),
    # Russian, Chinese, Japanese, Korean
    *(
        "обучение",
        "валидация",
        "тест",
        "训练",
        "训练集",
        "验证",
        "验证集",
        "测试",
        "测试集",
    ),
    *("訓練", "学習", "検証", "テスト", "훈련", "학습", "검증", "테스트"),
}
BESIDE_PART_WORDS = {"data", "dataset", "images", "seg", "set", "split"}
# Words for folders of pictures, and for what files are, in whatever they show.
PICTURE_WORDS = {"images", "image", "imgs", "img", "jpegimages", "photos", "pictures"}
FILE_WORDS = PICTURE_WORDS | {
    *("photo", "picture", "mask", "masks", "raw"),
    *("segmentationclass", "segmentationobject"),
    *("annotation", "annotations", "imagesets", "label", "labels", "xml", "trimaps"),
    *("original", "originals", "resized", "cropped", "augmented", "processed"),
}


def words_of(name: str) -> list[str]:
    """Return the words in a name, in lower case and without digits.

    A capital after a small letter begins a word.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", parted.lower())


def is_part(name: str) -> bool:
    """Return whether a name is that of a part, such as `test_set` or `fold3`."""
    words = set(words_of(name))
    others = {word for word in words - PART_WORDS if len(word) > 1}
    return bool(words & PART_WORDS) and others <= BESIDE_PART_WORDS


def are_parts(names: Collection[str]) -> bool:
    """Return whether names are those of parts: all of them, or more than one.

    A single one among others may be a class: a train among vehicles.
    """
    num_parts = sum(map(is_part, names))
    return bool(names) and (num_parts == len(names) or num_parts > 1)


def are_files(names: Collection[str]) -> bool:
    """Return whether all names say what files are, such as `images` and `masks`."""
    return bool(names) and all(
        words and (FILE_WORDS.issuperset(words) or "".join(words) in FILE_WORDS)
        for words in map(words_of, names)
    )


def meaning_faults(listing: Listing) -> list[str]:
    """Return one fault for each task whose classes are no content of the pictures."""
    faults = []
    for number, (task, kind) in enumerate(listing.kinds.items()):
        answers = {row.labels[number] for row in listing.rows}
        if kind == "multiclass":
            answers.discard(())
        names = sorted({name for answer in answers for name in answer})
        found = listed(list(map(repr, names)))
        if kind == "multiclass" and len(names) > 1 and are_parts(names):
            expected = f"classes, got {found}: these are names of parts"
        elif kind == "multiclass" and len(names) > 1 and are_files(names):
            expected = f"classes, got {found}: these say what files are"
        elif len(answers) < 2:
            below = f", which holds {listing.below}" if listing.below else ""
            expected = (
                f"more than one class, got one for all {len(listing.rows)} images, "
                f"{found or 'none'}{below}"
                if kind == "multiclass"
                else f"images with and without a class, got {found or 'none'} for all"
            )
        else:
            continue
        faults.append(f"data: {task} must have {expected}. {listing.advice}")
    return faults
