"""An exported file computes what the model does, or there is none."""

import json
import zipfile
from importlib.util import find_spec

import keras
import numpy as np
import pytest

import headswap
from headswap import registry
from headswap.cli import main
from headswap.errors import InputError
from headswap.layers.inference import Inference
from headswap.pictures.drawn import draw_pictures
from headswap.use.export._checked import export_checked
from headswap.use.export._format import Format
from headswap.use.export._tensorflow import as_function
from tests.bundles import SIZE, TASKS, make_below, make_bundle

MODULES = {
    name: registry.load("use/export", name) for name in registry.names("use/export")
}
# Those in int8 are other models, in a form of these.
FORMATS = {
    name: module.FORMAT
    for name, module in MODULES.items()
    if hasattr(module, "FORMAT") and module.FORMAT.name == name
}


def needing(name):
    """The name of a format, its tests skipped where a package of it is missing."""
    missing = [each for each in FORMATS[name].packages if not find_spec(each)]
    reason = f"{', '.join(missing)} is not installed"
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=reason))


def layers_above():
    """Like a model whose last layers were trained: frozen ones inside a wrapper."""
    part = make_below(SIZE)
    pixels = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="net24-feature")
    tensor = Inference(part, name="above")(pixels)
    outputs = {
        task.name: keras.layers.Dense(
            task.num_classes,
            "sigmoid" if task.kind == "multilabel" else "softmax",
            name=task.name,
        )(tensor)
        for task in TASKS
    }
    return keras.Model({"net24-feature": pixels}, outputs)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Two networks, one of half the size; mirrored views; features in 16 bits."""
    return make_bundle(
        tmp_path_factory.mktemp("everything"),
        sizes=(SIZE, SIZE // 2),
        views=["plain", "flip"],
        cached_dtype="float16",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [needing(name) for name in sorted(FORMATS)])
def test_every_format_holds_networks_views_and_resizing(name, everything, tmp_path):
    main(["export", name, str(tmp_path / "out"), "--model", str(everything)])
    form = FORMATS[name]
    pictures = draw_pictures(3, SIZE)
    found = form.load(tmp_path / "out" / form.file)(pictures)
    expected = headswap.load(everything).probabilities(pictures)
    assert found.keys() == expected.keys()
    for task, values in expected.items():
        # Or equality would say nothing.
        assert values.std(axis=0).max() > 1e-3
        np.testing.assert_allclose(found[task], values, atol=1e-4)


def test_layers_above_the_cut_are_exported_too(tmp_path):
    keras.utils.set_random_seed(1)
    folder = make_bundle(tmp_path / "bundle", model=layers_above(), below=None)
    main(["export", "keras", str(tmp_path / "out"), "--model", str(folder)])
    with zipfile.ZipFile(tmp_path / "out" / "model.keras") as archive:
        layers = archive.read("config.json").decode()
    # A class of this project, or a module of it, would be named there.
    assert "headswap>" not in layers
    assert '"headswap.' not in layers
    assert "PowerMean" not in layers


def test_pictures_of_one_s_own_are_compared_on(bundle, tmp_path, write_picture, capsys):
    for number in range(3):
        write_picture(tmp_path / f"{number}.png", number)
    pictures = [str(tmp_path / f"{number}.png") for number in range(3)]
    out = str(tmp_path / "out")
    arguments = ["export", "openvino", out, "--model", str(bundle), "--pictures"]
    main([*arguments, *pictures])
    assert "on 3 pictures as the model to" in capsys.readouterr().out
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(
        SystemExit, match=r"each must be a picture, got .*broken.png \("
    ):
        main([*arguments, str(tmp_path / "broken.png")])


def test_what_goes_in_and_comes_out_stands_beside(bundle, tmp_path):
    main(["export", "openvino", str(tmp_path), "--model", str(bundle)])
    facts = json.loads((tmp_path / "labels.json").read_text())
    assert facts["input"]["shape"] == [None, SIZE, SIZE, 3]
    assert [task["output"] for task in facts["tasks"]] == ["shape", "tags"]
    assert facts["tasks"][0]["classes"] == ["round", "square", "other"]
    assert facts["tasks"][1]["thresholds"] == [0.4, 0.6]


class Broken:
    """A format that loses the bias of one layer on the way."""

    def __init__(self, layer):
        self._layer = layer

    def write(self, network, path):
        names = [layer.name for layer in network.layers]
        if self._layer in names:
            layer = network.get_layer(self._layer)
            kept = layer.get_weights()
            layer.set_weights([*kept[:-1], kept[-1] + 1])
            self.written = keras.models.clone_model(network)
            self.written.set_weights(network.get_weights())
            layer.set_weights(kept)
        else:
            self.written = network
        path.write_bytes(b"")

    def load(self, path):
        return lambda pixels: self.written.predict_on_batch(pixels)


def test_a_file_that_computes_something_else_is_not_left(bundle, tmp_path):
    broken = Broken("net24-conv2d")
    form = Format("broken", "model.bin", {}, broken.write, broken.load)
    # The name of the layer depends on how many were made before.
    network = next(
        layer["config"]["name"]
        for layer in json.loads(
            (bundle / "networks" / "net24" / "below.json").read_text()
        )["config"]["layers"]
        if layer["class_name"] == "Conv2D"
    )
    broken._layer = f"net24-{network}"
    with pytest.raises(InputError) as raised:
        export_checked(form, str(tmp_path / "out"), bundle, [])
    assert f"from the layer {broken._layer} on" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_a_format_cannot_hold_is_told(bundle, tmp_path):
    def write(network, path):
        path.write_bytes(b"half")
        raise RuntimeError("no such operation: Twist")

    form = Format("twisted", "model.bin", {}, write, as_function)
    with pytest.raises(InputError, match="got: no such operation: Twist"):
        export_checked(form, str(tmp_path / "out"), bundle, [])
    assert list(tmp_path.iterdir()) == []


def test_packages_of_a_format_are_named_where_they_are_missing(bundle, tmp_path):
    packages = {"no_such_module": "no-such-package", "numpy": "numpy"}
    form = Format("rare", "model.bin", packages, as_function, as_function)
    with pytest.raises(InputError, match="Run `pip install no-such-package`"):
        export_checked(form, str(tmp_path / "out"), bundle, [])


def test_only_an_earlier_export_is_replaced(bundle, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    arguments = ["export", "openvino", str(out), "--model", str(bundle)]
    with pytest.raises(SystemExit, match="must be a new folder, an empty one or"):
        main(arguments)
    assert (out / "thesis.txt").read_text() == "years of work"
    (out / "thesis.txt").unlink()
    main(arguments)
    main(arguments)
    assert {file.name for file in out.iterdir()} == {
        "labels.json",
        "model.bin",
        "model.xml",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "the name must be one of .*keras.*, got 'nothing'"),
        (["keras", "{file}/out"], "must be a folder with room to write"),
        (["keras", "{file}"], "must be a new folder"),
        (["keras", "out", "--model", "none"], "must have a whole bundle.json"),
    ],
)
def test_bad_arguments_end_with_a_sentence(arguments, message, bundle, tmp_path):
    (tmp_path / "file").write_text("")
    given = [each.format(file=tmp_path / "file") for each in arguments]
    model = [] if "--model" in given else ["--model", str(bundle)]
    with pytest.raises(SystemExit, match=message):
        main(["export", *given, *model])
