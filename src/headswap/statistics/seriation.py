"""An order of classes in which those that are confused lie together."""

import numpy as np


def order_confused(counts: np.ndarray) -> np.ndarray:
    """Return positions of the classes, (C,) int: a walk from like to like.

    The walk starts at the first class and goes on to the one most confused with the
    last, else with any it has seen since it last started anew, else to the first that
    is left. So classes that nothing confuses keep their order.

    Args:
        counts: images by actual and predicted class, (C, C).
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    likeness = shares + shares.T
    num_classes = len(likeness)
    is_left = np.ones(num_classes, bool)
    seen = np.zeros(num_classes)
    order: list[int] = []
    for _ in range(num_classes):
        step = -1
        for near in (likeness[order[-1]], seen) if order else ():
            candidates = np.where(is_left, near, 0)
            if candidates.max() > 0:
                step = int(candidates.argmax())
                break
        if step < 0:
            step = int(is_left.argmax())
            seen = np.zeros(num_classes)
        order.append(step)
        is_left[step] = False
        seen = seen + likeness[step]
    return np.array(order, int)
