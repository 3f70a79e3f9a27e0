"""A `.keras` file from elsewhere makes layers and nothing else."""

import io
import json
import zipfile

import keras
import pytest

from headswap.errors import InputError
from headswap.features.saved import load_network


@pytest.fixture
def write(tmp_path):
    """write(layer): the path of a network with one layer of that configuration."""

    def make(layer, name="own.keras"):
        pixels = keras.Input((8, 8, 3))
        model = keras.Model(pixels, keras.layers.ReLU(name="layer")(pixels))
        content = io.BytesIO()
        whole = tmp_path / "whole.keras"
        model.save(whole)
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(content, "w") as new:
            for member in old.namelist():
                data = old.read(member)
                if member == "config.json":
                    network = json.loads(data)
                    network["config"]["layers"][1].update(layer)
                    data = json.dumps(network).encode()
                new.writestr(member, data)
        (tmp_path / name).write_bytes(content.getvalue())
        return str(tmp_path / name)

    return make


def layer(class_name, module="keras.layers", **config):
    config["name"] = "layer"
    return {"class_name": class_name, "module": module, "config": config}


def function(name, module):
    return {"class_name": "function", "module": module, "config": name}


def activation(name, module):
    found = {**function(name, module), "registered_name": name}
    return layer("Activation", activation=found)


NETWORKS = {
    "another network from a path": layer("TFSMLayer", filepath="{ran}"),
    "words from a file": layer("StringLookup", vocabulary="{secret}"),
    "numbers from a file": layer("IntegerLookup", vocabulary="{secret}"),
    "code of PyTorch": layer("TorchModuleWrapper", module="AAAA"),
    "a class of Python's own": layer("Popen", "subprocess", args=["touch", "{ran}"]),
    "a class by the way to it": layer("StatefulContainer", "keras.src.os", x=1),
    "a function that downloads": activation("get_file", "keras.utils"),
    "a function that loads": activation("load_model", "keras.saving"),
    "a switch of the safe mode": activation(
        "enable_unsafe_deserialization", "keras.config"
    ),
    "a function of Python's own": activation("system", "os"),
    "a built-in function": activation("eval", "builtins"),
    "a function as it is": layer(
        "Activation", activation={"class_name": "__lambda__", "config": {"value": "4w"}}
    ),
}


@pytest.mark.survives("doors")
@pytest.mark.parametrize("case", NETWORKS)
def test_a_network_that_asks_for_more_than_layers_is_refused(case, write, tmp_path):
    (tmp_path / "secret").write_text("word\n")
    places = {"{ran}": str(tmp_path / "ran"), "{secret}": str(tmp_path / "secret")}
    text = json.dumps(NETWORKS[case])
    for mark, place in places.items():
        text = text.replace(mark, place)
    with pytest.raises(InputError, match="must be a model that Keras loads in safe"):
        load_network(write(json.loads(text)))
    assert not (tmp_path / "ran").exists()


@pytest.mark.survives("doors")
def test_a_network_that_unpacks_to_much_more_than_it_is_is_refused(tmp_path):
    path = tmp_path / "own.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", " " * 2**23)
    with pytest.raises(InputError, match=r"unpack to at most 100 times .*, got 8,388"):
        load_network(str(path))


@pytest.mark.survives("doors")
@pytest.mark.filterwarnings("ignore:Skipping invalid path:UserWarning")
def test_a_network_s_file_writes_to_no_other_place(write, tmp_path):
    path = write({})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("../outside", "written")
        file.writestr(f"{tmp_path}/outside", "written")
    load_network(path)
    assert not list(tmp_path.rglob("outside"))
