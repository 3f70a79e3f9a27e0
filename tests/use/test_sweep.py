"""`headswap sweep`: all is checked first, then DVC does the work."""

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from headswap.cli import main
from headswap.machine.speeds import measured, speed_of_network
from headswap.machine.store import Store, open_store
from headswap.machine.store_index import Usage
from tests.clones import run_well

RECIPE = """
train: {epochs: 3, hidden: [256, 64]}
sweep:
  - train.strategy: [sequential, cascade]
  - train.strategy: [multi_output]
"""
STORED = Usage("features", 10, 100)
DVC_YAML = """stages:
  evaluate:
    cmd: mkdir -p metrics && echo '{"epochs":${train.epochs}}' > metrics/all.json
    params: [train]
    metrics:
      - metrics/all.json: {cache: false}
"""


@pytest.fixture(autouse=True)
def project(repository, tmp_path, monkeypatch):
    """A folder with params.yaml, a recipe and a single stage."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site_cache"))
    shutil.copy(repository / "params.yaml", folder)
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    return folder


class FakeQueue:
    """Stands in for dvc and git: a queue that ends all it has at each look.

    Attributes:
        made: the commands that change something.
        failing: parts of names of experiments that fail.
        states: of what is in the queue.
    """

    def __init__(self):
        self.made, self.failing, self.states, self.ended = [], [], {}, set()

    def call(self, folder, *command):
        output, status = "", 0
        match command:
            case ("git", "rev-parse", *_):
                output = "ab" + 38 * "0"
            case ("git", "show-ref", *_, reference):
                status = int(reference.rpartition("/")[2] not in self.ended)
            case ("dvc", "queue", "status"):
                output = self.look()
            case ("dvc", "queue", "logs", name):
                output = f"the log of {name}\nerror: no weights.\nERROR: DVC\n"
            case ("dvc", "queue", "remove", *_):
                self.states.clear()
            case ("dvc", "exp", "run", "--queue", "--name", name, *_):
                self.made.append(command)
                self.states[name] = "Queued"
            case ("dvc", "queue", "start", *_):
                self.made.append(command)
                self.states = dict.fromkeys(self.states, "Running")
        return subprocess.CompletedProcess(command, status, output, "")

    def look(self):
        lines = [f"c0403f7 {name} now {state}" for name, state in self.states.items()]
        for name, state in self.states.items():
            if state == "Running":
                is_bad = any(part in name for part in self.failing)
                self.states[name] = "Failed" if is_bad else "Success"
                if not is_bad:
                    self.ended.add(name)
        return "\n".join([*lines, "", "Worker status: 1 active, 0 idle"])

    @property
    def queued(self):
        return [command[5] for command in self.made if command[1] == "exp"]


@pytest.fixture
def queue(monkeypatch):
    """DVC's queue; the commands it is given are in `made`."""
    fake = FakeQueue()
    monkeypatch.setattr("headswap.use.dvc.call", fake.call)
    monkeypatch.setattr(
        "headswap.use.dvc.demand", lambda *command: fake.call(*command).stdout
    )
    monkeypatch.setattr("headswap.use.working_off.time.sleep", lambda seconds: None)
    return fake


@pytest.fixture
def answered(monkeypatch):
    """The names of what was compared at the end, one list a call."""
    said = []
    monkeypatch.setattr(
        "headswap.commands.sweep.say",
        lambda ended, delta: said.append([each.name for each in ended]),
    )
    return said


@pytest.fixture
def calls(monkeypatch, queue):
    """The commands that would have been run here, and those for the queue."""
    monkeypatch.setattr(
        "headswap.use.dvc.show", lambda folder, *command: queue.made.append(command)
    )
    return queue.made


def test_a_single_experiment_runs_here(calls):
    main(["sweep", "-S", "train.epochs=4", "-S", "train.strategy=cascade"])
    assert calls == [
        ("dvc", "exp", "run", "-S", "train.epochs=4", "-S", "train.strategy=cascade")
    ]


def test_several_experiments_go_through_the_queue_and_are_compared(
    calls, answered, capsys
):
    main(["sweep", "recipe.yaml", "-S", "train.epochs=4", "-j", "2"])
    names = [command[5] for command in calls[:3]]
    assert [name.rpartition("-")[0] for name in names] == [
        "sequential",
        "cascade",
        "multi_output",
    ]
    assert calls[0][:5] == ("dvc", "exp", "run", "--queue", "--name")
    values = "train.epochs=4", "train.hidden=[256,64]", "train.strategy=sequential"
    assert sorted(calls[0][7::2]) == sorted(values)
    assert calls[3:] == [("dvc", "queue", "start", "-j", "2")]
    assert answered == [names]
    said = capsys.readouterr().out
    assert said.startswith("3 experiments: 3 to run; 2 at a time.\n")
    assert "Features of efficientnet_lite0: new; each" in said
    assert "Time: unknown until the first has ended" in said


def test_as_many_at_a_time_as_there_are_cores(calls, answered, monkeypatch):
    monkeypatch.setattr("headswap.use.sweep.run.num_cores", lambda: 7)
    main(["sweep", "recipe.yaml"])
    assert calls[-1] == ("dvc", "queue", "start", "-j", "3")


def test_a_second_call_runs_only_what_is_missing(queue, answered, capsys):
    main(["sweep", "recipe.yaml"])
    first = queue.queued
    queue.made.clear()
    main(["sweep", "recipe.yaml", "-S", "train.strategy=cascade,multi_output"])
    assert queue.made == []
    assert answered[1] == first[1:]
    assert "2 experiments: 0 to run, 2 run before" in capsys.readouterr().out
    main(["sweep", "recipe.yaml", "-S", "train.epochs=5"])
    assert len(queue.queued) == 3
    assert not set(queue.queued) & set(first)


def test_what_failed_is_named_and_tried_again(queue, answered, capsys):
    queue.failing = ["cascade"]
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "recipe.yaml"])
    (failed,) = [name for name in queue.queued if "cascade" in name]
    assert str(ended.value).splitlines() == [
        f"error: {failed}: the run must succeed, got: error: no weights.",
        "Mend that, and the same command runs it again; `dvc queue logs "
        f"{failed}` shows all it printed.",
    ]
    assert len(answered[0]) == 2
    queue.made.clear()
    queue.failing = []
    main(["sweep", "recipe.yaml"])
    assert queue.queued == [failed]
    assert f"Failed before, and tried again: {failed}." in capsys.readouterr().out


def test_an_interrupted_call_says_how_it_goes_on(queue, answered, capsys, monkeypatch):
    main(["sweep", "recipe.yaml", "--queue"])
    names = queue.queued
    assert "3 wait in the queue." in capsys.readouterr().out
    queue.made.clear()

    def interrupt(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("headswap.use.sweep.queued.work_off", interrupt)
        with pytest.raises(SystemExit) as ended:
            main(["sweep", "recipe.yaml"])
    assert ended.value.code == 130
    assert "takes it up again, and runs only what is missing" in capsys.readouterr().out
    main(["sweep", "recipe.yaml"])
    assert "3 in the queue already" in capsys.readouterr().out
    assert queue.queued == []
    assert answered == [names]


def test_what_waits_in_the_queue_is_not_run_on_a_cluster_too(
    queue, answered, monkeypatch
):
    main(["sweep", "recipe.yaml", "--queue"])
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(SystemExit, match=r"must not be in DVC's queue, got") as ended:
        main(["sweep", "recipe.yaml"])
    assert f"`dvc queue remove {' '.join(queue.queued)}`" in str(ended.value)


def test_what_has_been_run_is_compared_without_the_cluster(
    queue, answered, monkeypatch, capsys
):
    main(["sweep", "recipe.yaml"])
    queue.states.clear()
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    main(["sweep", "recipe.yaml"])
    assert "0 to run, 3 run before; as many as it has cores, on" in (
        capsys.readouterr().out
    )
    assert answered[0] == answered[1]
    main(["sweep", "recipe.yaml", "--dry-run"])
    commands = capsys.readouterr().out
    assert "# as many as it has cores, on the cluster at 127.0.0.1:1" in commands
    assert commands.count("dvc exp run --temp --name") == 3
    assert "queue" not in commands


def test_code_that_is_not_committed_makes_other_experiments(
    queue, answered, monkeypatch
):
    main(["sweep", "recipe.yaml", "--queue"])

    def changed(folder, *command):
        result = queue.call(folder, *command)
        if command[:2] == ("git", "diff"):
            result.stdout = "+ a line"
        return result

    monkeypatch.setattr("headswap.use.dvc.call", changed)
    main(["sweep", "recipe.yaml", "--queue"])
    assert len(queue.queued) == len(set(queue.queued)) == 6


def test_pictures_that_changed_make_other_experiments(
    queue, answered, write_picture, tmp_path
):
    write_picture(tmp_path / "pictures" / "oak" / "0.png", 0)
    command = ["sweep", "recipe.yaml", "-S", f"data.root={tmp_path / 'pictures'}"]
    main([*command, "--queue"])
    write_picture(tmp_path / "pictures" / "oak" / "1.png", 1)
    main([*command, "--queue"])
    assert len(queue.queued) == len(set(queue.queued)) == 6


TABLE = ("data.layout=csv", "data.table=labels.csv")
TABLE_FILE = "data/sample/pictures/labels.csv"
NAMES = ("data.layout=csv", "data.table=t.csv", "+data.class_names.kind=names.txt")


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        ("own.weights.h5", ["backbone.weights=own.weights.h5"]),
        ("own.keras", ["backbone.name=own.keras"]),
        ("own.keras", ["backbone.name=[efficientnet_lite0,own.keras]"]),
        (TABLE_FILE, TABLE),
        ("data/sample/pictures/names.txt", NAMES),
        ("corrections.csv", ["data.corrections=corrections.csv"]),
    ],
)
def test_other_content_of_a_file_that_parameters_name_is_another_experiment(
    queue, answered, file, settings
):
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    flags = [part for setting in settings for part in ("-S", setting)]
    for content in ("one", "two", "one"):
        Path(file).write_text(content, encoding="utf-8")
        main(["sweep", *flags, "--queue"])
    assert len(queue.queued) == len(set(queue.queued)) == 2


def test_another_version_of_what_computes_is_another_experiment(
    queue, answered, monkeypatch
):
    command = ["sweep", "-S", "train.epochs=4", "--queue"]
    main(command)
    monkeypatch.setattr(
        "headswap.check.inputs.library_versions", lambda names: dict.fromkeys(names)
    )
    main(command)
    monkeypatch.setattr("headswap.machine.project.hash_code", lambda stage: {})
    main(command)
    assert len(queue.queued) == len(set(queue.queued)) == 3


def test_combinations_that_would_repeat_others_run_once(queue, answered, capsys):
    orders = "train.order=coarsest_first,finest_first"
    main(["sweep", "recipe.yaml", "-S", orders])
    assert len(queue.queued) == 5
    assert capsys.readouterr().out.startswith("Left out: 1 combination")


def test_a_number_in_a_name_has_the_name_of_its_parameter(queue, answered):
    main(["sweep", "--images", "0.5,1", "--heads", "linear,64x32"])
    assert [name.rpartition("-")[0] for name in queue.queued] == [
        "images_0-5",
        "images_1-0",
        "hidden_64-32-images_0-5",
        "hidden_64-32-images_1-0",
    ]


def test_how_long_it_will_take_is_foretold_from_what_was_measured(
    queue, answered, capsys, monkeypatch
):
    clock = itertools.count(step=100)
    monkeypatch.setattr(
        "headswap.use.sweep.queued.time.monotonic", lambda: float(next(clock))
    )
    monkeypatch.setattr(Store, "usage", lambda store: [STORED])
    main(["sweep", "recipe.yaml", "-j", "1"])
    assert len(json.loads(Path(".headswap/sweep/times.json").read_text())) == 3
    capsys.readouterr()
    main(["sweep", "recipe.yaml", "-S", "train.l2=0.5", "-j", "1"])
    said = capsys.readouterr().out
    assert "Features of efficientnet_lite0: computed before; they cost nothing" in said
    assert re.search(r"Time, by earlier runs: about \d+ min\.", said)
    networks = "backbone.name=cnn_tanh,efficientnet_lite0"
    main(["sweep", "recipe.yaml", "-S", networks, "-S", "train.l2=0.7"])
    said = capsys.readouterr().out
    assert "Features of cnn_tanh: new; each" in said
    assert "that of 3 others is unknown" in said


def test_a_network_measured_elsewhere_has_a_speed(
    queue, answered, capsys, monkeypatch, write_picture, tmp_path
):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))
    write_picture(tmp_path / "pictures" / "0.png", 0)
    command = ["sweep", "recipe.yaml", "-S", f"data.root={tmp_path / 'pictures'}"]
    main([*command, "--queue"])
    assert "nobody has measured here yet" in capsys.readouterr().out
    what = speed_of_network("efficientnet_lite0", 320, 0, "openvino", "float32")
    with open_store() as store:
        clock = itertools.count(step=25)
        monkeypatch.setattr(
            "headswap.machine.speeds.monotonic", lambda: float(next(clock))
        )
        assert len(list(measured(range(150), store, what, 50))) == 150
    main([*command, "-S", "features.views=[plain,flip]", "--queue"])
    said = capsys.readouterr().out
    assert "2 a second, as measured before: at most 1 s for 1 files" in said


def test_what_is_only_queued_is_not_started(queue):
    main(["sweep", "-S", "train.epochs=4", "--queue"])
    assert [command[6:] for command in queue.made] == [("-S", "train.epochs=4")]


def test_a_dry_run_prints_the_commands_and_runs_none(calls, capsys):
    main(["sweep", "recipe.yaml", "-S", "train.strategy=multi_output", "--dry-run"])
    main(["sweep", "recipe.yaml", "--dry-run", "-j", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "dvc exp run -S train.epochs=3 -S 'train.hidden=[256,64]' \\",
        "    -S train.strategy=multi_output",
    ]
    assert lines[2].startswith("dvc exp run --queue --name sequential-")
    assert lines[-1] == "dvc queue start -j 1"
    assert calls == []


def test_nothing_to_run_is_told(calls):
    with pytest.raises(SystemExit, match="there must be something to run"):
        main(["sweep"])


def test_every_fault_of_the_parameters_is_named_before_anything_is_queued(
    calls, project
):
    text = f"{RECIPE}nothing: {{a: 1}}\nsplit: {{repeat: 3}}\n"
    (project / "recipe.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "recipe.yaml", "-S", "train.epoch=4", "-S", "train.l2=-1,x"])
    lines = str(ended.value).removeprefix("error: ").splitlines()
    assert all(line.startswith("params.yaml with recipe.yaml: ") for line in lines)
    shown = "\n".join(lines)
    for name in ("nothing must", "split.repeat must", "train.epoch must", "got 'x'"):
        assert name in shown
    assert "train.l2 must be 'auto' or greater than or equal to 0, got -1" in shown
    assert len(set(lines)) == len(lines) == 5
    assert calls == []


def test_faults_of_recipe_and_overrides_are_named_together(calls):
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "no.yaml", "-S", "epochs=3", "-S", "train.l2"])
    assert str(ended.value).count("\n") == 2
    assert calls == []


def test_no_fewer_than_one_at_a_time():
    with pytest.raises(SystemExit):
        main(["sweep", "recipe.yaml", "-j", "0"])


def test_a_run_that_fails_is_told(project, monkeypatch):
    monkeypatch.setattr("headswap.use.dvc.show", lambda folder, *command: 3)
    with pytest.raises(SystemExit, match="must succeed, got exit status 3"):
        main(["sweep", "-S", "train.epochs=4"])


@pytest.mark.slow
def test_dvc_makes_the_experiments_of_a_recipe(project, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@localhost")
    run_well(project, "git", "init", "--quiet")
    run_well(project, "dvc", "init", "--quiet")
    run_well(project, "dvc", "config", "core.analytics", "false")
    run_well(project, "git", "add", "--all")
    run_well(project, "git", "commit", "--quiet", "--message", "toy")
    main(["sweep", "recipe.yaml", "-S", "train.l2=0.5", "--queue"])
    listed = run_well(project, "dvc", "exp", "show", "--json")
    queued = [
        experiment["revs"][0]["data"]["params"]["params.yaml"]["data"]["train"]
        for commit in json.loads(listed)
        for experiment in commit["experiments"] or ()
    ]
    assert sorted(train["strategy"] for train in queued) == [
        "cascade",
        "multi_output",
        "sequential",
    ]
    for train in queued:
        assert (train["epochs"], train["l2"]) == (3, 0.5)
        assert train["hidden"] == [256, 64]

    main(["sweep", "-S", "train.epochs=7"])
    assert json.loads(Path("metrics/all.json").read_text()) == {"epochs": 7}
