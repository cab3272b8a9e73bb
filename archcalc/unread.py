"""Sizes of which only what units read is made: plain numbers where nobody asks what units read."""


def for_reads(value: int) -> int:
    """The plain number: of a size that remembers noted as a condition only where reads are asked for."""
    tape = getattr(value, "tape", None)
    return int(value) if tape is None or tape.reads else int.__int__(value)
