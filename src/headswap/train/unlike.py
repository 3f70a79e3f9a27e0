"""From which energy on a picture counts as unlike the training pictures, for one task.

In: what heads say of images that they were not fitted to. Out: a limit that a new
picture of the same kind exceeds in one of twenty cases.

Source: Laxhammar and Falkman 2010, "Conformal prediction for distribution-independent
anomaly detection", for the rank that holds at any number of images.
"""

import numpy as np

from headswap.artifacts.features.views import average_views
from headswap.artifacts.model.energy import energies
from headswap.train.calibration import Unseen

# Of pictures like those of training, the share that may be taken for unlike ones.
FALSE_ALARMS = 0.05
# Fewer images say nothing of so small a share.
LEAST_IMAGES = round(1 / FALSE_ALARMS) - 1


def choose_limit(unseen: Unseen) -> float | None:
    """Return the limit, None where there are too few images to set one.

    Args:
        unseen: what it is chosen on.
    """
    if len(unseen.targets) < LEAST_IMAGES:
        return None
    of_rows = energies(unseen.probabilities, unseen.kind)
    sorted_down = np.sort(average_views(of_rows[:, None], unseen.images).ravel())[::-1]
    # One of so many and a new one is as likely to be at any rank.
    allowed = int(FALSE_ALARMS * (len(sorted_down) + 1) + 1e-9)
    return float(sorted_down[allowed - 1])
