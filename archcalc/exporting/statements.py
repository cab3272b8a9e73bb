"""Lines of a forward: names that they give a value, comments, types."""

from archcalc.exporting.layout import WIDTH


def targets_of(line: str) -> list[str]:
    """The names that a line gives a value."""
    before, equals, _ = line.strip().partition(" = ")
    return before.replace(",", " ").split() if equals else []


def with_comment(found: list[str], comment: str) -> list[str]:
    """Lines with a comment behind the last one where it fits, else above."""
    if not comment:
        return found
    if len(found) == 1 and len(found[0]) + len(comment) + 4 <= WIDTH:
        return [f"{found[0]}  # {comment}"]
    indent = len(found[0]) - len(found[0].lstrip())
    return [f"{' ' * indent}# {comment}", *found]


def is_told(name: str) -> bool:
    """Whether a step has a name that someone gave it, and no ``type_index``."""
    stem, _, number = name.rpartition("_")
    return "." in name or not (stem and number.isdigit())


def annotated(count: int) -> str:
    """The type of so many tensors."""
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
