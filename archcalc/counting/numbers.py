"""Bytes of numbers."""

SIZES = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float8": 1,
    "float16": 2,
    "bfloat16": 2,
    "tf32": 4,
    "float32": 4,
    "float64": 8,
}
"""dtype -> bytes of one number; tf32 is float32 in memory, of which products take fewer bits."""


def size_of(dtype: str, reals: str | None = None) -> int:
    """Bytes of one number of a dtype; of real ones those of ``reals`` where it is given."""
    real = dtype.startswith(("float", "bfloat"))
    return SIZES[reals if reals is not None and real else dtype]
