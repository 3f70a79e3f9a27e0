"""Interrupted training goes on to the same bits; rows, rates and folds are right."""

import contextlib
import functools
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from headswap import checkpoint, registry
from headswap.arrays import Rows
from headswap.batches import Batches
from headswap.bundle import save_bundle
from headswap.errors import InputError
from headswap.feature_cache import Member
from headswap.fitting import Trainer
from headswap.labels import Labels
from headswap.strategies import multi_output
from headswap.tasks import Task

TASK = Task("kind", "multiclass", ("a", "b", "c"))


@pytest.fixture
def make_trainer(tmp_path, section):
    """make_trainer(run, **train): a trainer with a small network above the cut."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    maps = random.normal(size=(60, 4, 4, 2)) + labels[:, None, None, None]
    np.save(tmp_path / "maps.npy", maps.astype(np.float32))
    keras.utils.set_random_seed(3)
    feature = keras.Input((4, 4, 2))
    tensor = keras.layers.Conv2D(5, 3, name="convolution")(feature)
    tensor = keras.layers.BatchNormalization(name="norm")(tensor)
    above = keras.Model(feature, keras.layers.GlobalMaxPooling2D()(tensor))
    (tmp_path / "above.json").write_text(above.to_json())
    above.save_weights(tmp_path / "above.weights.h5")

    def make(run, *, random_weights=False, backbone=None, **train):
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        rows = Rows([tmp_path / "maps.npy"])
        return Trainer(
            [Member("net", rows, tmp_path, True, random_weights)],
            {"kind": np.eye(3, dtype=np.float32)[labels]},
            np.arange(40),
            np.arange(40, 60),
            np.array([str(row) for row in range(60)]),
            section("train", **{"epochs": 8, "dropout": 0.4, "hidden": (6,), **train}),
            section("backbone", **(backbone or {})),
            tmp_path / f"curves_{run}" / "repeat0",
            tmp_path / f"checkpoints_{run}",
        )

    return make


class Stop(keras.callbacks.Callback):
    """Stands in for a power cut after an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stopped_at", [1, 4, 7])
@pytest.mark.parametrize("options", [{}, {"optimizer": "sgd", "patience": 2}])
def test_an_interrupted_fit_ends_with_the_same_bits(
    make_trainer, monkeypatch, stopped_at, options
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    whole = make_trainer("whole", **options)
    expected = multi_output.fit(whole, [TASK]).get_weights()
    trainer = make_trainer("cut", **options)
    original = keras.Model.fit

    def interrupted(self, *arguments, callbacks, **named):
        return original(
            self, *arguments, callbacks=[*callbacks, Stop(stopped_at)], **named
        )

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", interrupted)
        # A fit that stops early by itself is never interrupted.
        with contextlib.suppress(KeyboardInterrupt):
            multi_output.fit(trainer, [TASK])
    found = multi_output.fit(make_trainer("cut", **options), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    curve = "multi_output/plots/metrics/validation/loss.tsv"
    whole_lines = (whole._curves / curve).read_text().splitlines()
    assert (trainer._curves / curve).read_text().splitlines() == whole_lines


def test_a_fit_cut_off_after_its_last_epoch_is_not_trained_on(
    make_trainer, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    options = {"patience": 1, "learning_rate": 0.5, "epochs": 30}
    whole = make_trainer("whole", **options)
    expected = multi_output.fit(whole, [TASK]).get_weights()

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.Checkpoint, "on_train_end", cut_off)
        with pytest.raises(KeyboardInterrupt):
            multi_output.fit(make_trainer("cut", **options), [TASK])
    found = multi_output.fit(make_trainer("cut", **options), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_incomplete_checkpoint_is_as_good_as_none(make_trainer):
    trainer = make_trainer("run", epochs=2)
    expected = multi_output.fit(trainer, [TASK]).get_weights()
    state = trainer._checkpoints / "multi_output" / "state.npz"
    state.write_bytes(state.read_bytes()[:1000])
    found = multi_output.fit(make_trainer("run", epochs=2), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_fit_that_diverges_is_an_error_that_names_it(make_trainer):
    trainer = make_trainer("run", learning_rate=1e30, optimizer="sgd", epochs=3)
    with pytest.raises(InputError, match="validation loss of the fit multi_output"):
        multi_output.fit(trainer, [TASK])


def test_a_finished_fit_is_not_trained_again(make_trainer, monkeypatch):
    expected = multi_output.fit(make_trainer("run"), [TASK]).get_weights()

    def fail(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(keras.Model, "fit", fail)
    found = multi_output.fit(make_trainer("run"), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def above_weights(model):
    layer = next(layer for layer in model.layers if layer.name.endswith("-above"))
    return {
        weight.path.split("/", 1)[-1]: np.asarray(weight) for weight in layer.weights
    }


def test_statistics_of_pretrained_layers_stay_unless_asked_for(make_trainer):
    start = above_weights(multi_output_unfitted(make_trainer("start")))
    kept = above_weights(multi_output.fit(make_trainer("kept"), [TASK]))
    learnt = above_weights(
        multi_output.fit(
            make_trainer("learnt", backbone={"train_batch_norm": True}), [TASK]
        )
    )
    fresh = above_weights(
        multi_output.fit(make_trainer("fresh", random_weights=True), [TASK])
    )
    mean = next(name for name in start if name.endswith("moving_mean"))
    np.testing.assert_array_equal(kept[mean], start[mean])
    assert not np.array_equal(learnt[mean], start[mean])
    assert not np.array_equal(fresh[mean], start[mean])


def multi_output_unfitted(trainer):
    trainer.fit = lambda *_, **__: None
    return multi_output.fit(trainer, [TASK])


@pytest.mark.parametrize("strategy", ["multi_output", "sequential", "cascade"])
def test_unfrozen_layers_have_their_own_learning_rate(make_trainer, strategy):
    moves = []
    original = Trainer.fit

    def record(self, model, *arguments, **options):
        variables = [v for v in self._pretrained if v.path.endswith("kernel")]
        before = [np.asarray(variable) for variable in variables]
        original(self, model, *arguments, **options)
        pairs = zip(variables, before, strict=True)
        moves.append(max(np.abs(np.asarray(v) - start).max() for v, start in pairs))

    for rate in (1e-6, 1e-2):
        trainer = make_trainer(rate, epochs=1, backbone={"learning_rate": rate})
        trainer.fit = functools.partial(record, trainer)
        registry.load("strategies", strategy).fit(trainer, [TASK])
    slow, fast = moves
    assert 0 < slow < 1e-5
    assert fast > 1e-3


def test_a_network_from_scratch_follows_the_learning_rate_of_heads(make_trainer):
    trainer = make_trainer("run", random_weights=True, epochs=1)
    multi_output.fit(trainer, [TASK])
    assert trainer._pretrained == []


def test_a_fine_tuned_bundle_loads_in_a_fresh_process(make_trainer, tmp_path):
    trainer = make_trainer("run", epochs=1)
    model = multi_output.fit(trainer, [TASK])
    save_bundle(tmp_path / "bundle", model, Labels([TASK], []), {})
    script = (
        "import sys; from headswap.bundle import load_model; "
        "print(load_model(sys.argv[1]).count_params())"
    )
    source = Path(__file__).resolve().parents[1] / "src"
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "bundle")],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(result.stdout.split()[-1]) == model.count_params()


def test_every_epoch_goes_through_all_rows_in_another_order():
    rows = np.arange(10, 30)
    values = np.arange(40, dtype=np.float32)[:, None]
    batches = Batches({"net": values}, {"kind": values}, rows, batch_size=8, seed=1)
    orders = []
    for _ in range(3):
        inputs = [batches[number][0]["net"][:, 0] for number in range(len(batches))]
        orders.append(np.concatenate(inputs).tolist())
        assert sorted(orders[-1]) == rows.tolist()
        batches.on_epoch_end()
    assert orders[0] != orders[1] != orders[2]
    batches.start_epoch(1)
    assert batches[0][0]["net"][:, 0].tolist() == orders[1][:8]


def test_the_order_of_validation_rows_never_changes():
    values = np.arange(9, dtype=np.float32)[:, None]
    batches = Batches({"net": values}, {"kind": values}, np.arange(9), batch_size=4)
    batches.on_epoch_end()
    assert batches[0][0]["net"][:, 0].tolist() == [0, 1, 2, 3]


def test_half_precision_features_are_widened_and_pixels_are_not():
    halves = np.ones((4, 2), np.float16)
    pixels = np.ones((4, 2), np.uint8)
    batches = Batches({"a": halves, "b": pixels}, {}, np.arange(4), batch_size=4)
    inputs, _ = batches[0]
    assert inputs["a"].dtype == np.float32
    assert inputs["b"].dtype == np.uint8


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_training_in_sixteen_bits_gives_float32_probabilities(make_trainer, precision):
    trainer = make_trainer(precision, epochs=2)
    keras.config.set_dtype_policy(precision)
    try:
        model = multi_output.fit(trainer, [TASK])
        above = next(layer for layer in model.layers if layer.name.endswith("-above"))
        above = above.layer
        assert above.get_layer("convolution").compute_dtype == precision[6:]
        predicted = trainer.predict(model, np.arange(60))["kind"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)
