"""The page to try a model: its HTML, and what it loads from the same server.

In: a bundle. Out: HTML without a script or a style inside, so that the browser can be
told to run none; names of tasks and classes are escaped. The script fills in answers,
as text only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headswap.artifacts.dataset.tasks import Task
from headswap.pages.elements import Markup, element, join
from headswap.pages.page import STYLE
from headswap.use.predict.predictor import Predictor
from headswap.use.serve.limits import Limits

_OWN = Path(__file__).parent
# So many classes are named in the introduction.
_NAMED = 12


def read_parts() -> dict[str, tuple[str, str]]:
    """Return what the page loads: (media type, text) by path."""
    files = {
        "/page.css": ("text/css", STYLE),
        "/try.css": ("text/css", _OWN / "try.css"),
        "/try.js": ("text/javascript", _OWN / "try.js"),
    }
    return {
        path: (kind, file.read_text(encoding="utf-8"))
        for path, (kind, file) in files.items()
    }


def describe_model(predictor: Predictor, limits: Limits) -> dict[str, Any]:
    """Return what the script has to know of a model and its limits."""
    return {
        "resize": predictor.bundle.resize,
        "megabytes": limits.megabytes,
        "tasks": [
            {
                "name": task.name,
                "kind": task.kind,
                "num_classes": task.num_classes,
                "thresholds": dict(
                    zip(
                        task.class_names,
                        map(float, predictor.decisions.thresholds.get(task.name, ())),
                        strict=False,
                    )
                ),
            }
            for task in predictor.tasks
        ],
    }


def build_page(predictor: Predictor) -> str:
    """Return the page as the text of an HTML file."""
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "What does this picture show?"),
        # Nothing, and so nothing is asked for.
        Markup('<link rel="icon" href="data:,">'),
        Markup('<link rel="stylesheet" href="page.css">'),
        Markup('<link rel="stylesheet" href="try.css">'),
        element("script", src="try.js", type="module"),
    )
    body = join(
        element("a", "Skip to the content", href="#content", class_="skip"),
        element(
            "header",
            element("h1", "What does this picture show?"),
            *_introduce(predictor.tasks),
        ),
        element("main", _chooser(), _camera(), _results(), id="content", tabindex=-1),
        element(
            "footer",
            element(
                "p",
                "Pictures go to the computer that serves this page, and nowhere else; "
                "it keeps none. It knows these classes alone: of a picture of "
                "something else its answer means nothing.",
            ),
        ),
    )
    page = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _introduce(tasks: Sequence[Task]) -> list[Markup]:
    """Return which classes there are; a single task needs no name."""
    lines = []
    for task in tasks:
        shown = ", ".join(task.class_names[:_NAMED])
        more = task.num_classes - _NAMED
        what = task.name if len(tasks) > 1 else f"{task.num_classes:,} classes"
        rest = f": {shown}{f' and {more:,} more' if more > 0 else ''}"
        lines.append(element("p", element("strong", what), rest, class_="asked"))
    return lines


def _chooser() -> Markup:
    return element(
        "section",
        element(
            "h2",
            # By mouse; a finger drops nothing.
            element("span", "Drop pictures here", class_="by-mouse"),
            element("span", "Add pictures", class_="by-finger"),
            id="chooser-heading",
        ),
        element("p", "or paste them, or", class_="quiet by-mouse"),
        element(
            "div",
            element("button", "Choose pictures", id="choose", type="button"),
            element(
                "button",
                "Take a picture",
                id="take",
                type="button",
                class_="second",
            ),
            class_="buttons",
        ),
        Markup('<input type="file" id="files" accept="image/*" multiple hidden>'),
        Markup(
            '<input type="file" id="shots" accept="image/*" capture="environment" '
            "hidden>"
        ),
        element(
            "noscript",
            element("p", "This page needs JavaScript, its own alone.", class_="note"),
        ),
        id="chooser",
        aria_labelledby="chooser-heading",
    )


def _camera() -> Markup:
    return element(
        "dialog",
        element("h2", "Take a picture", id="camera-heading"),
        Markup('<video id="view" autoplay playsinline muted></video>'),
        element("p", "", id="camera-problem", class_="note", hidden="hidden"),
        element(
            "div",
            element("button", "Take it", id="shoot", type="button"),
            element("button", "Close", id="close", type="button", class_="second"),
            class_="buttons",
        ),
        id="camera",
        aria_labelledby="camera-heading",
    )


def _results() -> Markup:
    return element(
        "section",
        element(
            "div",
            element("p", "", id="status"),
            # What is said of each picture, for those who listen.
            element("p", "", id="said", role="status", class_="hearing"),
            element("button", "Remove all", id="clear", type="button", class_="plain"),
            class_="above",
        ),
        element("ol", id="results"),
        id="pictures",
        aria_label="Pictures",
        hidden="hidden",
    )
