"""Only what tells runs apart is shown and goes into names."""

from hypothesis import given
from hypothesis import strategies as st

from headswap.use.telling import telling

RUNS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "train.hidden"]), st.sampled_from("xyz")
    ),
    min_size=1,
    max_size=6,
)


def test_what_follows_from_the_head_is_told_along_with_it():
    linear = {"train.optimizer": "auto", "train.hidden": "[]", "train.seed": "42"}
    deep = {"train.optimizer": "adam", "train.hidden": "[9]", "train.seed": "42"}
    assert telling([linear, deep]) == (["train.hidden"], ["train.optimizer"])


def test_what_differs_by_itself_is_kept_in_the_order_given():
    runs = [{"x": a, "train.strategy": b} for a in "12" for b in "st"]
    assert telling(runs) == (["x", "train.strategy"], [])


@given(RUNS)
def test_runs_that_differ_are_told_apart_by_what_is_kept(runs):
    kept, along = telling(runs)
    differing = {
        name
        for run in runs
        for name in run
        if len({each.get(name) for each in runs}) > 1
    }
    assert set(kept) | set(along) == differing
    assert not set(kept) & set(along)
    alone = {tuple(run.get(name) for name in kept) for run in runs}
    assert len(alone) == len({tuple(sorted(run.items())) for run in runs})
