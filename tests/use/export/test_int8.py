"""A file in int8 is made by training pictures, and says what it costs on test ones."""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

import headswap
from headswap import registry
from headswap.artifacts.dataset.index import INDEX_COLUMNS
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.split import write_split
from headswap.artifacts.storage.tables import write_table
from headswap.cli import main
from headswap.errors import InputError
from headswap.pictures.drawn import draw_pictures
from headswap.use.export._format import Format
from headswap.use.export._quantized import export_quantized
from tests.bundles import SIZE, TASKS, make_bundle
from tests.made import make_split, save_rows

PARTS = ["train"] * 8 + ["validation"] * 2 + ["test"] * 6
PICTURES = draw_pictures(len(PARTS), SIZE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project whose pictures have the labels that its bundle gives them."""
    root = tmp_path_factory.mktemp("project")
    bundle = make_bundle(root / "data" / "bundle")
    prepared = root / "data" / "prepared"
    prepared.mkdir()
    save_rows(prepared / "images", PICTURES)
    predictor = headswap.load(bundle)
    said = predictor.probabilities(PICTURES)
    classes = [
        predictor.decide({name: rows[n] for name, rows in said.items()})
        for n in range(len(PARTS))
    ]
    image_ids = [f"image{n}" for n in range(len(PARTS))]
    rows = [
        (i, f"{i}.png", 9, 9, "PNG", i, i, "", "", *map("|".join, each.values()))
        for i, each in zip(image_ids, classes, strict=True)
    ]
    write_table(prepared / "index.csv", [*INDEX_COLUMNS, "shape", "tags"], rows)
    write_labels(prepared / "labels.json", Labels(list(TASKS), ()))
    write_split(root / "data" / "split", image_ids, make_split([PARTS]))
    return root


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    folder = shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


class Rounded:
    """A format of which nothing is left but whole tenths of probabilities."""

    def __init__(self, change=lambda values: values):
        self.shown, self._change = None, change
        self.form = Format("coarse", "model.bin", {}, None, self.load)

    def write(self, network, path, shown):
        self.network, self.shown = network, shown
        path.write_bytes(b"")

    def load(self, path):
        def run(pixels):
            found = self.network.predict_on_batch(pixels)
            return {
                name: self._change(np.asarray(each)) for name, each in found.items()
            }

        return run


def test_what_it_costs_is_measured_on_the_test_pictures(project, capsys):
    same = Rounded()
    export_quantized(same.form, same.write, None, "data/bundle", [])
    np.testing.assert_array_equal(same.shown, PICTURES[:8])
    said = capsys.readouterr().out
    assert said.startswith("data/export/coarse: model.bin and labels.json, ")
    assert "shape: macro F1 of 6 test pictures" in said
    assert said.count("(+0.0000); 100.0 % of answers are the same") == 2
    turned = Rounded(lambda values: values[:, ::-1])
    export_quantized(turned.form, turned.write, None, "data/bundle", [])
    said = capsys.readouterr().out
    assert "(-" in said
    assert "100.0 % of answers" not in said.splitlines()[1]


def test_pictures_that_are_named_set_the_ranges(project):
    Image.fromarray(PICTURES[11]).save("own.png")
    form = Rounded()
    export_quantized(form.form, form.write, "out", "data/bundle", ["own.png"])
    np.testing.assert_array_equal(form.shown, PICTURES[11:12])


def test_no_number_leaves_no_file(project):
    form = Rounded(lambda values: values * np.nan)
    with pytest.raises(InputError, match="must give a number for every class"):
        export_quantized(form.form, form.write, "out", "data/bundle", [])
    assert not (project / "out").exists()


def test_without_the_pictures_of_the_run_it_is_refused(project):
    form = Rounded()
    save_rows("data/prepared/images", PICTURES[:, ::2, ::2])
    with pytest.raises(InputError, match="got other classes or another size"):
        export_quantized(form.form, form.write, "out", "data/bundle", [])
    shutil.rmtree("data/prepared")
    with pytest.raises(InputError, match=r"must be here, .*, got no data/prepared"):
        export_quantized(form.form, form.write, "out", "data/bundle", [])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["litert", "openvino"])
def test_a_file_in_int8_answers_nearly_as_the_model(name, project, capsys):
    needed = {"litert": "ai_edge_litert", "openvino": "nncf"}[name]
    if not find_spec(needed):
        pytest.skip(f"{needed} is not installed")
    main(["export", f"{name}_int8", "out"])
    assert capsys.readouterr().out.count("% of answers are the same") == 2
    form = registry.load("use/export", name).FORMAT
    found = form.load(project / "out" / form.file)(PICTURES)
    expected = headswap.load("data/bundle").probabilities(PICTURES)
    for task, values in expected.items():
        # Another model, but not by much, for all its four filters and eight pictures.
        assert not np.allclose(found[task], values, atol=1e-4)
        likeness = np.corrcoef(found[task].ravel(), values.ravel())[0, 1]
        assert likeness > 0.9
