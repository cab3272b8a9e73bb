"""How many random samples a test looks at, and which.

The usual run looks at a share of them, the same ones each time, so that it says of a change alone whether it
holds; with ``--thorough`` all are drawn, and new ones each time. What fails prints how to see it again.
"""

import os
from random import SystemRandom

VARIABLE = "ARCHCALC_THOROUGH"
"""Set by ``--thorough``, for this process and those that it starts."""
PART = 3
"""Of so many samples the usual run looks at one."""


def samples(whole: int, part: int = PART) -> int:
    """How many to look at, where a thorough run looks at ``whole``."""
    return whole if os.environ.get(VARIABLE) else max(1, whole // part)


def seed(fixed: int) -> int:
    """The seed of a usual run; in a thorough one another each time."""
    return SystemRandom().randrange(10**9, 10**12) if os.environ.get(VARIABLE) else fixed
