"""Find the file a network's weights come in, and put its values into the network.

In: a URL or a path. Out: a file in the Keras cache, or a network with its values.
Guaranteed: no network or a slow one ends in an error within seconds, an interrupted
download never stays in the cache, and a file that does not fit names the first layer at
which it differs.
"""

import collections
import hashlib
import http.client
import os
import pathlib
import re
import tempfile
import threading
import typing
import urllib.request

import h5py
import keras

from headswap.errors import InputError

CONNECTION_SECONDS = 10.0
# Of an answer that does not say how long it is; the largest weights take a quarter.
MOST_BYTES = 2 * 2**30


class Download(typing.NamedTuple):
    """Where weights are published, and the file's MD5 or SHA-256 where it is known."""

    url: str
    digest: str | None = None


def find_imagenet_file(name: str, download: Download) -> pathlib.Path:
    """The file in the Keras cache (`$KERAS_HOME/models`), downloaded if it is missing.

    Raises:
        InputError: there is no such file and no network, or the file is damaged.
    """
    home = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path = home / "models" / download.url.rpartition("/")[2]
    if not path.is_file():
        print(f"Downloading {download.url}", flush=True)
        try:
            _download(download.url, path)
        except (OSError, http.client.HTTPException) as error:
            raise InputError(
                f"backbone.weights: the ImageNet weights of {name} must be in the "
                "Keras cache or downloadable, "
                f"got no file {path} and no network ({error}). "
                f"Download {download.url} on a machine with network and put it there, "
                "or set backbone.weights to none or to a path."
            ) from error
    if download.digest is not None:
        algorithm = "md5" if len(download.digest) == 32 else "sha256"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, algorithm).hexdigest()
        if digest != download.digest:
            raise InputError(
                f"backbone.weights: the {algorithm} of {path} must be "
                f"{download.digest}, got {digest}. Delete the file, so that it is "
                "downloaded again, or put a whole one there."
            )
    return path


def _download(url: str, path: pathlib.Path) -> None:
    response = _open(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    expected_size = int(response.headers.get("Content-Length") or 0)
    most = expected_size or MOST_BYTES
    # Written beside its place and then moved: an interrupted download, or one of two
    # workers at the same time, must not leave half a file under the right name.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, response:
        part = pathlib.Path(folder) / path.name
        with part.open("wb") as file:
            while block := response.read(1 << 20):
                file.write(block)
                # An answer without end would fill the disk.
                if file.tell() > most:
                    raise OSError(f"an answer of more than {most} bytes")
        if expected_size and part.stat().st_size != expected_size:
            raise OSError(f"connection lost after {part.stat().st_size} bytes")
        part.replace(path)


def _open(url: str) -> http.client.HTTPResponse:
    """The answer to a GET of `url`, or an OSError after CONNECTION_SECONDS without one.

    A socket's own timeout covers neither the name look-up nor a host whose many
    addresses are tried one after the other, so a thread waits in our place.
    """
    outcome: list = []

    def connect() -> None:
        try:
            # Every address stands in this folder, and is one of https.
            answer = urllib.request.urlopen(url, timeout=CONNECTION_SECONDS)  # noqa: S310
            outcome.append(answer)
        except (OSError, http.client.HTTPException) as error:
            outcome.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECTION_SECONDS)
    if not outcome:
        raise TimeoutError(f"no answer in {CONNECTION_SECONDS:g} seconds")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def load_weights(model: keras.Model, path: str | pathlib.Path) -> None:
    """Put the values of a weights file that Keras knows into `model`.

    Raises:
        InputError: there is no such file, or it does not fit; the message names the
            first layer that differs where the file is HDF5.
    """
    if not pathlib.Path(path).is_file():
        raise missing_file_error(path)
    try:
        model.load_weights(path)
    # What a wrong file raises depends on where in its reading Keras stumbles.
    except Exception as error:
        for layer_name, expected, found in _compare_layers(model, path):
            if expected != found:
                raise shape_error(path, layer_name, expected, found) from error
        raise InputError(
            f"backbone.weights: the file must hold weights of {model.name} without its "
            f"classifier, got {path} ({error}). Give the file that belongs to "
            "backbone.name."
        ) from error


def _compare_layers(
    model: keras.Model, path: str | pathlib.Path
) -> typing.Iterator[tuple[str, list[tuple], list[tuple]]]:
    """For each layer with weights: its name, its shapes, the shapes in the file."""
    if not h5py.is_hdf5(path):
        return
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        if "layer_names" in root.attrs:
            groups = [root[_decode(name)] for name in root.attrs["layer_names"]]
            found = [
                [group[_decode(name)].shape for name in group.attrs["weight_names"]]
                for group in groups
                if len(group.attrs["weight_names"])
            ]
            layers = [layer for layer in model.layers if layer.weights]
            for number, layer in enumerate(layers):
                # The old format keeps trainable weights before the others.
                weights = [*layer.trainable_weights, *layer.non_trainable_weights]
                shapes = [tuple(weight.shape) for weight in weights]
                yield layer.name, shapes, found[number] if number < len(found) else []
            return
        # Keras 3 names a layer by its class and by how many of it came before.
        counts: collections.Counter[str] = collections.Counter()
        for layer in model.layers:
            kind = re.sub("([a-z])([A-Z])", r"\1_\2", type(layer).__name__).lower()
            group_name = f"{kind}_{counts[kind]}" if counts[kind] else kind
            counts[kind] += 1
            # A block with layers of its own, as ConvNeXt has, keeps them deeper down.
            if layer.weights and not isinstance(layer, keras.Model):
                variables = file.get(f"layers/{group_name}/vars", {})
                shapes = [tuple(weight.shape) for weight in layer.weights]
                yield layer.name, shapes, [variables[key].shape for key in variables]


def _decode(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def missing_file_error(path: str | pathlib.Path) -> InputError:
    return InputError(
        "backbone.weights: the value must be imagenet, none or the path of a file, got "
        f"{path}, which is no file. Correct the path."
    )


def shape_error(
    path: str | pathlib.Path, layer_name: str, expected: list[tuple], found: list[tuple]
) -> InputError:
    return InputError(
        f"backbone.weights: layer {layer_name} must have weights of the shapes "
        f"{expected}, got {found} in {path}. Give the file that belongs to "
        "backbone.name."
    )
