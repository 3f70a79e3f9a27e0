"""Runs to compare, as the files that git has of them."""

import json
import subprocess

import numpy as np

from headswap.artifacts.storage.tables import write_table

NUM_ROUNDS = 10
METRICS = "metrics"


def write_run(
    folder,
    validation,
    test,
    *,
    strategy="multi_output",
    wrong=(),
    split="a1.dir",
    cost=100,
    num_images=120,
):
    """The files that compare reads; one task, one value a round and part.

    Args:
        folder: of the project.
        validation: F1 of each round.
        test: F1 of each round.
        strategy: a parameter.
        wrong: rows of each part that are answered wrongly in the first round.
        split: hash of the split.
        cost: million multiplications.
        num_images: of each part.
    """
    (folder / METRICS).mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(
        f"train:\n  strategy: {strategy}\n  order: [b, a]\nsplit: {{repeats: 3}}\n"
    )
    (folder / "dvc.lock").write_text(
        f"stages:\n  split:\n    outs:\n    - path: data/split\n      md5: {split}\n"
    )
    write_table(
        folder / METRICS / "repeats.csv",
        ["name", "part", "round", "metric", "value"],
        [
            ("kind", part, number, "f1", value)
            for part, values in (("validation", validation), ("test", test))
            for number, value in enumerate(values)
        ],
    )
    write_table(
        folder / METRICS / "predictions.csv",
        ["image_id", "group", "part", "task", "actual", "predicted", "probability"],
        [
            (
                f"{part}{row}",
                "",
                part,
                "kind",
                "=elm" if row % 2 else "oak",
                "oak" if (row % 2 == 1) == (row in wrong) else "=elm",
                0.9,
            )
            for part in ("validation", "test")
            for row in range(num_images)
        ],
    )
    spread = {"factor": 0.5, "degrees": len(validation) - 1, "method": "corrected t"}
    parts = {
        part: {
            "estimand": "this recipe on new training sets",
            "images": num_images,
            "groups": num_images,
            "rounds": len(values),
            **({"spread": spread} if len(values) > 1 else {}),
            "scores": {
                "f1": {
                    "value": float(np.mean(values)),
                    "low": 0.1,
                    "high": 0.99,
                    "method": "corrected t",
                }
            },
        }
        for part, values in (("validation", validation), ("test", test))
    }
    (folder / METRICS / "intervals.json").write_text(json.dumps({"kind": parts}))
    costs = {"parameters": cost, "megabytes": cost / 10, "million_multiply_adds": cost}
    (folder / METRICS / "cost.json").write_text(json.dumps(costs))


def git(folder, *command):
    name = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(
        ["git", *name, *command], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def near(mean, seed, spread=0.01):
    """Values of the rounds around a mean; those of one seed go up and down together."""
    return mean + np.random.default_rng(seed).normal(0, spread, NUM_ROUNDS)
