"""Every strategy keeps the contract: features in, {task: probabilities} out."""

import keras
import numpy as np
import pytest

from headswap import registry
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.model import load_model, save_model
from headswap.artifacts.model.temperature import temper
from headswap.artifacts.storage.arrays import Rows
from headswap.train.descent.trainer import Trainer
from tests.made import FACTS, make_rows, save_rows

pytestmark = pytest.mark.slow

STRATEGIES = registry.names("train/strategies")
COARSE = Task("category", "multiclass", ("a", "b"))
FINE = Task("landmark", "multiclass", ("a1", "a2", "b1", "b2", "b3"))
TAGS = Task("tags", "multilabel", ("dark", "large"))
QUICK = {"epochs": 2, "batch_size": 70, "learning_rate": 0.1}
QUICK |= {"optimizer": "adam", "l2": 0.0}


@pytest.fixture
def make_trainer(tmp_path, section):
    """make_trainer(**train): a trainer on 100 rows whose classes lie apart."""
    random = np.random.default_rng(1)
    fine = np.arange(100) % 5
    coarse = np.array([0, 0, 1, 1, 1])[fine]
    centres = random.normal(size=(5, 12))
    vectors = centres[fine] + 0.05 * random.normal(size=(100, 12))
    save_rows(tmp_path / "features", vectors.astype(np.float32))
    save_rows(tmp_path / "others", vectors[:, ::-1].astype(np.float32))
    targets = {
        "landmark": np.eye(5, dtype=np.float32)[fine],
        "category": np.eye(2, dtype=np.float32)[coarse],
        "tags": np.stack([fine > 2, fine % 2 == 0], axis=1).astype(np.float32),
    }
    runs = []

    def make(members=("net",), **train):
        keras.utils.clear_session()
        keras.utils.set_random_seed(7)
        runs.append(None)
        files = {"net": "features", "other": "others"}
        trainer = Trainer(
            [
                Member(n, Rows([tmp_path / files[n]]), tmp_path, False, False)
                for n in members
            ],
            targets,
            make_rows(np.arange(70), np.arange(70, 85), num_folds=2, num_rows=100),
            section("train", **{**QUICK, **train}),
            section("backbone"),
            tmp_path / f"curves{len(runs)}" / "round0",
            tmp_path / f"checkpoints{len(runs)}",
        )
        trainer.targets = targets
        return trainer

    return make


def fit(name, trainer, tasks):
    return registry.load("train/strategies", name).fit(trainer, tasks)


def test_only_a_cascade_is_chained():
    modules = {name: registry.load("train/strategies", name) for name in STRATEGIES}
    assert [name for name, module in modules.items() if module.CHAINED] == ["cascade"]


@pytest.mark.parametrize("name", STRATEGIES)
def test_outputs_are_probabilities_by_task_name(name, make_trainer):
    trainer = make_trainer()
    model = fit(name, trainer, [FINE, COARSE, TAGS])
    predicted = trainer.predict(model, np.arange(100))
    assert set(predicted) == {"landmark", "category", "tags"}
    for task in (FINE, COARSE, TAGS):
        probabilities = predicted[task.name]
        assert probabilities.shape == (100, task.num_classes)
        assert probabilities.dtype == np.float32
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    for task in (FINE, COARSE):
        np.testing.assert_allclose(predicted[task.name].sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("order", [[FINE, COARSE], [COARSE]])
@pytest.mark.parametrize("name", STRATEGIES)
def test_classes_come_out_in_the_order_they_went_in(name, order, make_trainer):
    trainer = make_trainer(epochs=15)
    predicted = trainer.predict(fit(name, trainer, order), np.arange(85, 100))
    for task in order:
        expected = trainer.targets[task.name][85:].argmax(axis=1)
        accuracy = (predicted[task.name].argmax(axis=1) == expected).mean()
        assert accuracy >= 0.8


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_bits(name, make_trainer):
    outputs = []
    for _ in range(2):
        trainer = make_trainer(dropout=0.3, hidden=(8,))
        model = fit(name, trainer, [FINE, COARSE])
        outputs.append(trainer.predict(model, np.arange(100)))
    for task in ("landmark", "category"):
        np.testing.assert_array_equal(outputs[0][task], outputs[1][task])


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_saved_model_predicts_the_same(name, make_trainer, tmp_path):
    trainer = make_trainer(hidden=(8,), batch_norm=True)
    model = fit(name, trainer, [FINE, COARSE])
    expected = trainer.predict(model, np.arange(100))
    for folder in ("bundle", "bundle2"):
        save_model(tmp_path / folder, model, Labels([COARSE, FINE], []), FACTS)
    found = trainer.predict(load_model(tmp_path / "bundle"), np.arange(100))
    for task in ("landmark", "category"):
        np.testing.assert_array_equal(found[task], expected[task])
    for file in (tmp_path / "bundle").iterdir():
        assert file.read_bytes() == (tmp_path / "bundle2" / file.name).read_bytes()


def test_a_task_counts_in_the_shared_loss_by_its_weight(make_trainer):
    losses = []
    for weight in (1.0, 3.0, 5.0):
        trainer = make_trainer(hidden=(8,), loss_weights={"landmark": weight})
        builder = trainer.builder
        inputs = builder.inputs()
        trunk = builder.trunk(inputs, "shared")
        outputs = {task.name: builder.output(task, trunk) for task in (FINE, COARSE)}
        model = builder.model(inputs, outputs)
        losses.append(
            trainer.fitter.validation_loss(
                model, [FINE, COARSE], np.arange(70), trainer.features
            )
        )
    first, second = np.diff(losses)
    assert first == pytest.approx(second, rel=1e-4)
    # Five classes that nothing was learnt of.
    assert first > 2.0


@pytest.mark.parametrize("name", ["multi_output", "cascade"])
def test_a_saved_model_has_its_temperatures(name, make_trainer, tmp_path):
    trainer = make_trainer(hidden=(8,), strategy=name)
    model = fit(name, trainer, [FINE, COARSE])
    raw = trainer.predict(model, np.arange(100))
    facts = {**FACTS, "temperatures": {"landmark": 1.6, "category": 0.4}}
    save_model(tmp_path / "bundle", model, Labels([COARSE, FINE], []), facts)
    found = trainer.predict(load_model(tmp_path / "bundle"), np.arange(100))
    for task, temperature in facts["temperatures"].items():
        expected = temper(raw[task], "multiclass", temperature)
        np.testing.assert_allclose(found[task], expected, atol=1e-5)


@pytest.mark.parametrize("merge", ["features", "scores"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_an_ensemble_trains_under_every_strategy(name, merge, make_trainer):
    trainer = make_trainer(("net", "other"), merge=merge)
    model = fit(name, trainer, [FINE, COARSE])
    assert set(model.input) == {"net-feature", "other-feature"}
    predicted = trainer.predict(model, np.arange(85, 100))
    assert predicted["landmark"].shape == (15, 5)
    layers = {layer.name for layer in model.layers} | {
        layer.name for part in model.layers for layer in getattr(part, "layers", ())
    }
    # Each member has a layer of scores of its own under `scores` alone.
    assert ("landmark-other" in layers) == (merge == "scores")


@pytest.mark.parametrize("name", STRATEGIES)
def test_tasks_may_be_named_like_parts_of_the_model(name, make_trainer):
    trainer = make_trainer(hidden=(4,), epochs=1)
    tasks = []
    for task, other in ((FINE, "net"), (COARSE, "shared_hidden1")):
        tasks.append(Task(other, task.kind, task.class_names))
        trainer.targets[other] = trainer.targets[task.name]
    assert set(fit(name, trainer, tasks).output) == {"net", "shared_hidden1"}


def test_a_frozen_trunk_stays_as_the_first_task_left_it(make_trainer):
    trainer = make_trainer(hidden=(8,), freeze_trunk=True)
    seen = []
    original = trainer.fit

    def record(model, tasks, name, **options):
        original(model, tasks, name, **options)
        hidden = model.get_layer("landmark-trunk-hidden1")
        seen.append((hidden, hidden.get_weights()))

    trainer.fit = record
    fit("sequential", trainer, [FINE, COARSE])
    assert seen[0][0] is seen[1][0]
    for first, second in zip(seen[0][1], seen[1][1], strict=True):
        np.testing.assert_array_equal(first, second)


def test_an_unfrozen_trunk_leaves_each_task_its_own_snapshot(make_trainer):
    trainer = make_trainer(hidden=(8,), freeze_trunk=False)
    after_first = []
    original = trainer.fit

    def record(model, tasks, name, **options):
        original(model, tasks, name, **options)
        after_first.append(trainer.predict(model, np.arange(100)))

    trainer.fit = record
    model = fit("sequential", trainer, [FINE, COARSE])
    final = trainer.predict(model, np.arange(100))
    np.testing.assert_array_equal(final["landmark"], after_first[0]["landmark"])
    np.testing.assert_array_equal(final["category"], after_first[1]["category"])
    first, second = (
        model.get_layer(f"{task.name}-trunk-hidden1").get_weights()[0]
        for task in (FINE, COARSE)
    )
    assert not np.array_equal(first, second)


def test_cascade_trains_on_predictions_by_models_that_did_not_see_the_row(make_trainer):
    trainer = make_trainer()
    extras, fitted = {}, {}
    original = trainer.fit

    def record(model, tasks, name, rows=None, extra=None):
        original(model, tasks, name, rows=rows, extra=extra)
        fitted[name] = (model, rows)
        extras[name] = {key: value.copy() for key, value in (extra or {}).items()}

    trainer.fit = record
    fit("cascade", trainer, [FINE, COARSE])
    given = extras["category"]["landmark-probabilities"]
    for fold in range(2):
        model, rows = fitted[f"landmark-fold{fold}"]
        held = np.setdiff1d(trainer.rows.train, rows)
        # Rows 2k and 2k + 1 are one group and stay together.
        assert set(held // 2).isdisjoint(rows // 2)
        expected = trainer.predict(model, held)["landmark"]
        np.testing.assert_array_equal(given[held], expected)
    whole = trainer.predict(fitted["landmark"][0], trainer.rows.validation)
    np.testing.assert_array_equal(given[trainer.rows.validation], whole["landmark"])
    # Rows that are neither fitted to nor used to stop are never predicted here.
    assert not given[85:].any()


def test_the_first_round_says_how_much_is_trained(make_trainer, capsys):
    fit("sequential", make_trainer(hidden=(8,), epochs=1), [FINE, COARSE])
    said = capsys.readouterr().out
    # 12 inputs, 8 hidden units, 5 classes; the trunk is then frozen.
    assert f"landmark: {12 * 8 + 8 + 8 * 5 + 5} of 149 parameters trained" in said
    assert f"category: {8 * 2 + 2} of {12 * 8 + 8 + 18} parameters trained" in said


def test_learning_curves_are_written_one_folder_a_fit(make_trainer):
    trainer = make_trainer(epochs=3)
    fit("independent", trainer, [FINE, COARSE])
    for task in ("landmark", "category"):
        metrics = trainer.fitter.curves / task / "plots" / "metrics"
        for curve in ("train/loss", "validation/loss", "validation/accuracy"):
            lines = (metrics / f"{curve}.tsv").read_text().splitlines()
            assert lines[0].split("\t")[0] == "step"
            assert len(lines) == 4


def test_the_reference_head_has_the_published_number_of_parameters(
    tmp_path, section, make_trainer
):
    """R1: 6,574,898 parameters, 2,525,327 trainable, 186 in the swapped layer."""
    from headswap.features.network import build_network

    backbone = section("backbone", name="efficientnet_b0", weights="none")
    network = build_network(backbone.networks[0], backbone, 255)
    landmark = Task("landmark", "multiclass", tuple(f"class{i}" for i in range(30)))
    category = Task("category", "multiclass", tuple(f"class{i}" for i in range(6)))
    save_rows(tmp_path / "features", np.zeros((4, 1280), np.float32))
    trainer = make_trainer(hidden=(1280, 540, 270, 135, 62, 30), dropout=0.1)
    models = []
    trainer.fit = lambda model, tasks, name, **options: models.append(
        (model.count_params(), sum(np.prod(w.shape) for w in model.trainable_weights))
    )
    fit("sequential", trainer, [landmark, category])
    assert models[0] == (2_525_327, 2_525_327)
    assert network.count_params() == 4_049_571
    assert network.count_params() + models[0][0] == 6_574_898
    assert models[1][1] == 186
