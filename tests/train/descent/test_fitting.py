"""Interrupted training goes on to the same bits; rows, rates and folds are right."""

import contextlib
import gc
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from headswap import registry
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import set_head
from headswap.artifacts.model.model import load_model, save_model
from headswap.artifacts.model.strengths import choose
from headswap.artifacts.storage.arrays import Rows
from headswap.errors import InputError
from headswap.machine.backend import forget_models
from headswap.train.descent import checkpoint
from headswap.train.descent import trainer as module
from headswap.train.descent.batches import Batches
from headswap.train.descent.fitting import Schedule
from headswap.train.descent.trainer import Trainer
from headswap.train.strategies import multi_output
from tests.made import FACTS, make_rows, save_rows

pytestmark = pytest.mark.slow

SGD = {"optimizer": "sgd", "patience": 2}
DEEP = {"epochs": 5, "dropout": 0.4, "hidden": (6,)}
TASK = Task("kind", "multiclass", ("a", "b", "c"))


@pytest.fixture
def make_trainer(tmp_path, section):
    """make_trainer(run, **train): a trainer with a small network above the cut."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    maps = random.normal(size=(60, 4, 4, 2)) + labels[:, None, None, None]
    save_rows(tmp_path / "maps", maps.astype(np.float32))
    save_rows(tmp_path / "vectors", maps.mean(axis=(1, 2)).astype(np.float32))
    keras.utils.set_random_seed(3)
    feature = keras.Input((4, 4, 2))
    tensor = keras.layers.Conv2D(5, 3, name="convolution")(feature)
    tensor = keras.layers.BatchNormalization(name="norm")(tensor)
    above = keras.Model(feature, keras.layers.GlobalMaxPooling2D()(tensor))
    (tmp_path / "above.json").write_text(above.to_json())
    above.save_weights(tmp_path / "above.weights.h5")

    def make(run, *, members=("net",), random_weights=False, backbone=None, **train):
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        rows = Rows([tmp_path / "maps"])
        vectors = Rows([tmp_path / "vectors"])
        known = {
            "net": Member("net", rows, tmp_path, True, random_weights),
            "fresh": Member("fresh", rows, tmp_path, True, True),
            "vector": Member("vector", vectors, tmp_path, False, False),
        }
        return Trainer(
            [known[name] for name in members],
            {"kind": np.eye(3, dtype=np.float32)[labels]},
            make_rows(np.arange(40), np.arange(40, 60), num_folds=2, num_rows=60),
            section("train", **{**DEEP, **train}),
            section("backbone", **{"epochs": 3, **(backbone or {})}),
            tmp_path / f"curves_{run}" / "round0",
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


@pytest.mark.parametrize(
    ("fit", "epoch", "options"),
    [
        (0, 3, {}),
        (1, 1, {}),
        (1, 4, SGD),
        *(
            pytest.param(*each, marks=pytest.mark.endure)
            for each in [(1, 4, {}), (0, 3, SGD), (1, 1, SGD)]
        ),
    ],
)
def test_an_interrupted_fit_ends_with_the_same_bits(
    make_trainer, monkeypatch, fit, epoch, options
):
    """Whether the heads alone were being fitted (0) or everything (1)."""
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    whole = make_trainer("whole", **options)
    expected = multi_output.fit(whole, [TASK]).get_weights()
    trainer = make_trainer("cut", **options)
    original = keras.Model.fit
    begun = []

    def interrupted(self, *arguments, callbacks, **named):
        stop = [Stop(epoch)] if len(begun) == fit else []
        begun.append(self)
        return original(self, *arguments, callbacks=[*callbacks, *stop], **named)

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", interrupted)
        # A fit that stops early by itself is never interrupted.
        with contextlib.suppress(KeyboardInterrupt):
            multi_output.fit(trainer, [TASK])
    found = multi_output.fit(make_trainer("cut", **options), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("multi_output-heads", "multi_output"):
        curve = f"{name}/plots/metrics/validation/loss.tsv"
        whole_lines = (whole.fitter.curves / curve).read_text().splitlines()
        assert (trainer.fitter.curves / curve).read_text().splitlines() == whole_lines


def test_a_fit_cut_off_after_its_last_epoch_is_not_trained_on(
    make_trainer, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    options = {
        "patience": 1,
        "learning_rate": 0.5,
        "epochs": 12,
        "backbone": {"learning_rate": 0.5},
    }
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
    for name in ("multi_output-heads", "multi_output"):
        state = trainer.fitter.checkpoints / name / "state.npz"
        state.write_bytes(state.read_bytes()[:1000])
    found = multi_output.fit(make_trainer("run", epochs=2), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_models_that_were_trained_and_are_gone_leave_no_memory_behind(make_trainer):
    graphs = []
    for run in range(3):
        multi_output.fit(make_trainer(run, epochs=1), [TASK])
        forget_models()
        kinds = [type(each).__name__ for each in gc.get_objects()]
        graphs.append(kinds.count("FuncGraph"))
    assert graphs[0] == graphs[1] == graphs[2]


@pytest.mark.survives("faults")
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


def recorded_fits(trainer):
    """Return {name: {path: distance}} of each fit: how far every weight moved."""
    fits = {}
    original = trainer.fitter.fit

    def record(model, tasks, name, rows, arrays, schedule):
        before = [np.array(variable) for variable in model.trainable_variables]
        loss = original(model, tasks, name, rows, arrays, schedule)
        fits[name] = {
            variable.path: np.abs(np.asarray(variable) - start).max()
            for variable, start in zip(model.trainable_variables, before, strict=True)
        }
        return loss

    trainer.fitter.fit = record
    return fits


@pytest.mark.parametrize("strategy", ["multi_output", "sequential", "cascade"])
def test_heads_are_fitted_first_and_then_all_at_the_backbones_learning_rate(
    make_trainer, strategy
):
    rate = 1e-6
    trainer = make_trainer(
        strategy, epochs=1, backbone={"learning_rate": rate, "epochs": 2}
    )
    fits = recorded_fits(trainer)
    registry.load("train/strategies", strategy).fit(trainer, [TASK])
    (first, heads), (second, everything) = fits.items()
    assert first == f"{second}-heads"
    # Pretrained layers are not even part of the first model.
    assert not any("convolution" in path for path in heads)
    assert min(heads.values()) > 100 * rate
    assert any("convolution" in path for path in everything)
    # Adam moves a weight by about its learning rate a step, and four steps were made.
    assert 0 < max(everything.values()) < 10 * rate


def test_what_is_fitted_first_is_the_very_head_of_the_model(make_trainer):
    """On the computed vectors the head gives what the whole model gives."""
    trainer = make_trainer("run", epochs=3, dropout=0.0)
    found = []
    original = trainer.fitter.fit

    def record(model, tasks, name, rows, arrays, schedule):
        loss = original(model, tasks, name, rows, arrays, schedule)
        rows = np.arange(60)
        batches = trainer.fitter.batches(model, rows, (), arrays)
        found.append(model.predict(batches, verbose=0)["kind"])
        if name.endswith("-heads"):
            whole.append(trainer.predict(models[0], rows)["kind"])
        return loss

    whole, models = [], []
    fit = trainer.fit
    trainer.fit = lambda model, *rest: (models.append(model), fit(model, *rest))
    trainer.fitter.fit = record
    multi_output.fit(trainer, [TASK])
    np.testing.assert_allclose(found[0], whole[0], rtol=1e-5, atol=1e-6)
    assert not np.allclose(found[1], whole[0], rtol=1e-5, atol=1e-6)


def test_a_frozen_trunk_is_computed_once_for_the_next_task(make_trainer):
    trainer = make_trainer("run", epochs=1, freeze_trunk=True)
    other = Task("other", "multiclass", ("a", "b", "c"))
    trainer.fitter.targets["other"] = trainer.fitter.targets["kind"]
    fits = recorded_fits(trainer)
    registry.load("train/strategies", "sequential").fit(trainer, [TASK, other])
    assert list(fits) == ["kind-heads", "kind", "other-heads"]
    # The hidden layer belongs to the trunk, the output layer alone is trained.
    assert {path.split("/")[0] for path in fits["other-heads"]} == {"other"}


LINEAR = {"hidden": (), "dropout": 0.0, "epochs": 1}


@pytest.mark.parametrize(
    ("strategy", "members"),
    [
        *((name, ("net", "vector")) for name in registry.names("train/strategies")),
        *(
            pytest.param(
                name,
                ("net",),
                marks=() if name == "multi_output" else pytest.mark.endure,
            )
            for name in registry.names("train/strategies")
        ),
    ],
)
def test_linear_heads_are_solved_before_anything_is_trained(
    make_trainer, strategy, members, tmp_path
):
    # Fine-tuning at such a rate ends worse and is undone, so the heads are left.
    trainer = make_trainer(
        "run", members=members, backbone={"learning_rate": 30.0}, **LINEAR
    )
    other = Task("other", "multiclass", ("c", "b", "a"))
    trainer.fitter.targets["other"] = trainer.fitter.targets["kind"][:, ::-1]
    model = registry.load("train/strategies", strategy).fit(trainer, [TASK, other])
    found = trainer.predict(model, np.arange(60))
    right = found["kind"].argmax(axis=1) == trainer.fitter.targets["kind"].argmax(
        axis=1
    )
    # Chance would be a third.
    assert right.mean() > 0.5
    assert {name.split()[-1] for name in trainer.strengths} == {"kind", "other"}
    save_model(tmp_path / "bundle", model, Labels([TASK, other], []), FACTS)
    again = trainer.predict(load_model(tmp_path / "bundle"), np.arange(60))
    for task in (TASK, other):
        np.testing.assert_array_equal(again[task.name], found[task.name])


def test_a_model_whose_fine_tuning_is_undone_says_what_its_solved_heads_do(
    make_trainer, monkeypatch
):
    """The very probabilities: of the vectors, standardised, by the head's kernel."""
    trainer = make_trainer("run", backbone={"learning_rate": 30.0}, **LINEAR)
    solved = []
    monkeypatch.setattr(
        module,
        "set_head",
        lambda model, head: (solved.append(head), set_head(model, head)),
    )
    model = multi_output.fit(trainer, [TASK])
    vectors = keras.Model(
        model.input, trainer.builder.pretrained_vectors(model)["net-feature"]
    )
    rows = np.arange(60)
    given = vectors.predict(trainer.fitter.batches(model, rows, (), trainer.features))
    found = trainer.predict(model, rows)["kind"]
    # The second only begins the training, the third is solved after it.
    first, _, again = (head({"net-feature": given}) for head in solved)
    closest = min(first, again, key=lambda said: np.abs(said - found).max())
    np.testing.assert_allclose(found, closest, atol=1e-5)


@pytest.mark.parametrize(
    ("losses", "kept"),
    [((0.1, 0.2, 0.3), 0), ((0.2, 0.1, 0.3), 1), ((0.2, 0.3, 0.1), 2)],
)
def test_of_the_phases_of_fine_tuning_the_best_is_kept(
    make_trainer, monkeypatch, losses, kept
):
    """Heads solved, everything trained on from softer ones, heads solved again."""
    trainer = make_trainer("run", backbone={"learning_rate": 0.01}, **LINEAR)
    given, states, strengths, models = iter(losses), [], [], []
    solved, fit = trainer.fitter.validation_loss, trainer.fitter.fit
    trainer_fit = trainer.fit
    trainer.fit = lambda model, *rest: (models.append(model), trainer_fit(model, *rest))

    def after(original):
        def run(*arguments):
            original(*arguments)
            states.append(models[0].get_weights())
            return next(given)

        return run

    trainer.fitter.validation_loss = after(solved)
    trainer.fitter.fit = after(fit)
    original = module.SolvedHead

    def note(*arguments):
        strengths.append(original(*arguments))
        return strengths[-1]

    monkeypatch.setattr(module, "SolvedHead", note)
    model = multi_output.fit(trainer, [TASK])
    assert len(states) == 3
    for found, expected in zip(model.get_weights(), states[kept], strict=True):
        np.testing.assert_array_equal(found, expected)
    first, softer, again = (each.chosen for each in strengths)
    assert softer.l2 == pytest.approx(first.l2 * module.SOFTENED)
    assert softer.standardization == first.standardization
    listed = trainer.strengths["multi_output kind"]
    assert choose(listed) == (again if kept == 2 else first)


def test_an_annealed_rate_warms_up_over_an_epoch_and_falls_to_nothing():
    rate = Schedule(0.5, epochs=5, patience=5, is_annealed=True).rate(steps=10)
    rates = np.array([float(rate(step)) for step in range(51)])
    assert rates.argmax() == 10
    assert rates[10] == pytest.approx(0.5)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) <= 0).all()
    assert rates[30] == pytest.approx(0.25, rel=1e-3)
    assert rates[50] == pytest.approx(0, abs=1e-6)


def test_solving_the_next_task_leaves_the_first_as_it_was(make_trainer):
    """Although fine-tuning for the first moved the trunk that both stand on."""
    trainer = make_trainer("run", backbone={"learning_rate": 0.003}, **LINEAR)
    other = Task("other", "multiclass", ("c", "b", "a"))
    trainer.fitter.targets["other"] = trainer.fitter.targets["kind"][:, ::-1]
    said, moved = [], []
    original = trainer.fit

    def record(model, tasks, name, **options):
        before = above_weights(model)
        original(model, tasks, name, **options)
        after = above_weights(model)
        moved.append(any(not np.array_equal(before[x], after[x]) for x in before))
        if not said:
            said.append((model, trainer.predict(model, np.arange(60))["kind"]))

    trainer.fit = record
    registry.load("train/strategies", "sequential").fit(trainer, [TASK, other])
    assert moved == [True, False]
    model, before = said[0]
    np.testing.assert_array_equal(trainer.predict(model, np.arange(60))["kind"], before)


@pytest.mark.parametrize("epoch", [2, 4])
def test_a_fit_is_interrupted_well_while_no_epoch_is_the_best_yet(
    make_trainer, monkeypatch, epoch
):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    options = {"random_weights": True, "min_epochs": 3}
    expected = multi_output.fit(make_trainer("whole", **options), [TASK]).get_weights()
    original = keras.Model.fit

    def interrupted(self, *arguments, callbacks, **named):
        stops = [*callbacks, Stop(epoch)]
        return original(self, *arguments, callbacks=stops, **named)

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            multi_output.fit(make_trainer("cut", **options), [TASK])
    found = multi_output.fit(make_trainer("cut", **options), [TASK]).get_weights()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_epochs_before_the_least_number_are_never_the_best(make_trainer):
    trainer = make_trainer(
        "run", random_weights=True, min_epochs=4, learning_rate=3.0, epochs=6
    )
    losses = []
    original = trainer.fitter.fit
    trainer.fitter.fit = lambda *arguments: losses.append(original(*arguments))
    model = multi_output.fit(trainer, [TASK])
    arrays = trainer.features
    kept = trainer.fitter.validation_loss(model, [TASK], np.arange(40), arrays)
    assert losses == [pytest.approx(kept, rel=1e-5)]


def test_fine_tuning_that_makes_it_worse_is_undone(make_trainer):
    trainer = make_trainer("run", epochs=1, backbone={"learning_rate": 3.0})
    after_heads = []
    original = trainer.fitter.fit

    def record(model, tasks, name, *arguments):
        loss = original(model, tasks, name, *arguments)
        after_heads.append(models[0].get_weights())
        return loss

    models = []
    fit = trainer.fit
    trainer.fit = lambda model, *rest: (models.append(model), fit(model, *rest))
    trainer.fitter.fit = record
    found = multi_output.fit(trainer, [TASK]).get_weights()
    assert not np.array_equal(after_heads[1][0], after_heads[0][0])
    for one, other in zip(found, after_heads[0], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("strategy", "merge"),
    [
        pytest.param(
            strategy,
            merge,
            # The cascade does what the others do, and the others differ little.
            marks=pytest.mark.slow
            if (strategy, merge) in {("cascade", "scores"), ("sequential", "features")}
            else pytest.mark.endure,
        )
        for strategy in registry.names("train/strategies")
        for merge in ("features", "scores")
    ],
)
def test_pretrained_fresh_and_frozen_members_train_and_save_together(
    make_trainer, strategy, merge, tmp_path
):
    trainer = make_trainer(
        "run", members=("net", "fresh", "vector"), epochs=1, merge=merge
    )
    trainer.fitter.targets["other"] = trainer.fitter.targets["kind"][:, ::-1]
    tasks = [TASK, Task("other", "multiclass", ("c", "b", "a"))]
    model = registry.load("train/strategies", strategy).fit(trainer, tasks)
    expected = trainer.predict(model, np.arange(60))
    save_model(tmp_path / "bundle", model, Labels(tasks, []), FACTS)
    found = trainer.predict(load_model(tmp_path / "bundle"), np.arange(60))
    for task in tasks:
        np.testing.assert_array_equal(found[task.name], expected[task.name])


def test_a_network_from_scratch_is_fitted_at_once_at_the_learning_rate_of_heads(
    make_trainer,
):
    trainer = make_trainer(
        "run", random_weights=True, epochs=1, backbone={"learning_rate": 1e-9}
    )
    fits = recorded_fits(trainer)
    multi_output.fit(trainer, [TASK])
    assert list(fits) == ["multi_output"]
    moved = [d for path, d in fits["multi_output"].items() if "convolution" in path]
    assert moved and min(moved) > 1e-6


def test_a_fine_tuned_bundle_loads_in_a_fresh_process(make_trainer, tmp_path):
    trainer = make_trainer("run", epochs=1)
    model = multi_output.fit(trainer, [TASK])
    save_model(tmp_path / "bundle", model, Labels([TASK], []), FACTS)
    script = (
        "import sys; from headswap.artifacts.model.model import load_model; "
        "print(load_model(sys.argv[1]).count_params())"
    )
    source = Path(__file__).resolve().parents[3] / "src"
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
