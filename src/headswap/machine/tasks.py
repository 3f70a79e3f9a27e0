"""Ray tasks: each item is one, wherever a node has room; results come as they end.

For work of minutes that starts processes of its own; what is done in seconds goes out
in chunks (`cluster.map_on_cluster`).
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from headswap.errors import shortened
from headswap.machine.cluster import connected
from headswap.machine.nodes import Needs, require_equal_nodes

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_tasks(
    address: str,
    work: Callable[[Item], Result],
    items: Sequence[tuple[Item, bool]],
    needs: Needs,
    most: int | None = None,
) -> Iterator[tuple[Item, Result | str]]:
    """Yield each item and what the work made of it, as they end.

    An item whose node dies goes to another; one that ends all who take it yields why.

    Args:
        address: of the cluster.
        work: what is done with an item; as items and results are, picklable.
        items: and whether each takes a GPU beside its core, where the cluster has one.
        needs: what a node has to have.
        most: items at a time; None for as many as the nodes have room for.

    Raises:
        InputError: no cluster answers, another Ray runs there, or a node lacks
            something.
    """
    with connected(address) as ray:
        require_equal_nodes(ray, needs)
        has_gpu = ray.cluster_resources().get("GPU", 0) >= 1
        # Ray's processes are used again, and work may leave traces in one.
        remote = ray.remote(max_calls=1)(_work_on)
        waiting = list(items)
        busy: dict[Any, Item] = {}
        while waiting or busy:
            while waiting and (most is None or len(busy) < most):
                item, wants_gpu = waiting.pop(0)
                on_gpu = has_gpu and wants_gpu
                task = remote.options(num_cpus=1, num_gpus=int(on_gpu))
                busy[task.remote(work, item, on_gpu)] = item
            (ended,), _ = ray.wait([*busy], num_returns=1)
            try:
                result = ray.get(ended)
            # Whatever ended it: the others go on.
            except ray.exceptions.RayError as error:
                result = shortened(str(error))
            yield busy.pop(ended), result


def _work_on(work: Callable[[Item], Result], item: Item, on_gpu: bool) -> Result:
    """Do the work on a node, which shows all its GPUs to who has asked for none."""
    if not on_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    return work(item)
