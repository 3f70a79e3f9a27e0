"""DVC's plots are drawn by the page alone: in Chromium, without a network.

Skipped where Chromium is missing (`apt-get install chromium`) or the package that
brings Vega (`make repro` installs it).
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from dvc_render import render_html
from dvc_render.vega import VegaRenderer
from ruamel.yaml import YAML

from headswap.use.plots_page import PAGE, write_page

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PLOTS = {
    name: options
    for entry in YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]
    if isinstance(entry, dict)
    for name, options in entry.items()
}
# Rows of each table, by run, and the marks that have to be drawn of them.
RUNS = ("one", "two")
SCORE = {"task": "a", "part": "test", "metric": "f1", "value": ".8"}
STRENGTH = {"head": "a", "standardization": "length", "is_chosen": "true"}
TABLES = {
    "metrics/scores.csv": [{**SCORE, "low": x, "high": x} for x in (".7", "")],
    "metrics/repeats.csv": [
        {"name": "a", "part": "test", "round": str(n), "metric": "f1", "value": f".{n}"}
        for n in (5, 6, 7)
    ]
    # A band that chance brings is no score.
    + [
        {
            "name": "a",
            "part": "test",
            "round": "0",
            "metric": "x_perfect_low",
            "value": ".1",
        }
    ],
    "metrics/confusion.csv": [
        {"task": "a", "actual": x, "predicted": y, "images": "1", "share": ".5"}
        for x in "bc"
        for y in "bc"
    ],
    "metrics/ranking.csv": [
        {"task": "a", "curve": curve, "class": "all classes", "x": x, "y": x}
        for curve in ("ROC", "precision-recall")
        for x in "01"
    ],
    "metrics/reliability.csv": [
        {"task": "a", "confidence": x, "accuracy": x, "low": x, "high": x}
        for x in (".2", ".9")
    ],
    "metrics/coverage.csv": [
        {"task": "a", "coverage": x, "error": x} for x in (".2", ".9")
    ],
    "metrics/learning_curves.csv": [
        {"curve": "a", "metric": "loss", "round": n, "epoch": x, "value": x}
        for n in "01"
        for x in "12"
    ],
    "metrics/strengths.csv": [{**STRENGTH, "l2": x, "loss": x} for x in (".1", ".2")],
}
# Of all runs together.
MARKS = {
    # One of two scores has an interval.
    "metrics/scores.csv": {"rule": 2, "symbol": 4},
    "metrics/repeats.csv": {"rect": 6, "symbol": 2},
    "metrics/confusion.csv": {"rect": 8},
    # A line a curve and run.
    "metrics/ranking.csv": {"line": 4},
    "metrics/reliability.csv": {"line": 4, "area": 2, "symbol": 4},
    "metrics/coverage.csv": {"line": 2},
    "metrics/learning_curves.csv": {"line": 4},
    "metrics/strengths.csv": {"line": 2, "symbol": 8},
}
# A line is one element; these have one an item.
COUNT = """<script>
window.addEventListener("load", () => setTimeout(() => {
  const kinds = ["line", "rule", "symbol", "rect", "area"];
  const marks = (div, kind) => [...div.querySelectorAll(
    `.mark-${kind}.role-mark path, .mark-${kind}.role-mark line`)].length;
  const divs = [...document.querySelectorAll("body > div")];
  document.title = "MARKS " + JSON.stringify(divs
    .map(div => Object.fromEntries(kinds.map(kind => [kind, marks(div, kind)]))));
}, 1500));
</script>"""


def test_every_plot_is_counted():
    assert set(PLOTS) == set(TABLES) == set(MARKS)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The number of marks of each kind, by plot."""
    pytest.importorskip("vl_convert", reason="needs vl-convert-python, by make repro")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    folder = tmp_path_factory.mktemp("plots")
    subprocess.run(["dvc", "init", "-q", "--no-scm"], cwd=folder, check=True)
    write_page(folder)
    renderers = []
    for name, options in PLOTS.items():
        rows = [{**row, "rev": run} for run in RUNS for row in TABLES[name]]
        made = VegaRenderer(rows, name, template_dir=ROOT / ".dvc/plots", **options)
        renderers.append(made)
    page = render_html(renderers, folder / "index.html", folder / ".dvc" / PAGE)
    text = Path(page).read_text(encoding="utf-8")
    assert "<script src" not in text
    # Vega itself writes pages, and has such an end among its texts.
    before, end, after = text.rpartition("</body>")
    Path(page).write_text(before + COUNT + end + after, encoding="utf-8")
    shown = subprocess.run(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"),
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=15000",
            f"--user-data-dir={folder / 'browser'}",
            *("--dump-dom", Path(page).as_uri()),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    counts = json.loads(shown.partition("<title>MARKS ")[2].partition("<")[0])
    return dict(zip([renderer.name for renderer in renderers], counts, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", MARKS)
def test_a_plot_draws_its_marks_without_a_network(drawn, name):
    assert {kind: n for kind, n in drawn[name].items() if n} == MARKS[name]
