"""Options that tell how a network is run: samples at a time, and the precision."""

from enum import Enum

MAX_COUNT = 2**31 - 1
"""Of samples and batches."""


class PrecisionName(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """dtypes of weights and activations."""

    float64 = "float64"
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"
