"""How many random samples a test looks at: a share of them, or all with ``--thorough``.

No seed is fixed, so that every run looks at others; what fails prints how to see it again.
"""

import os

VARIABLE = "ARCHCALC_THOROUGH"
"""Set by ``--thorough``, for this process and those that it starts."""
PART = 3
"""Of so many samples the usual run looks at one."""


def samples(whole: int, part: int = PART) -> int:
    """How many to look at, where a thorough run looks at ``whole``."""
    return whole if os.environ.get(VARIABLE) else max(1, whole // part)
