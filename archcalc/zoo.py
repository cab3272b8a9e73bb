"""The shipped specs: where they are, and what their head comments say."""

from pathlib import Path

from archcalc.tuples import NamedTuple

PACKAGED = Path(__file__).parent / "specs"
CHECKED_OUT = Path(__file__).parent.parent / "specs"


class ShippedSpec(NamedTuple):
    """A shipped spec and its head comment: a title line (paper, year) and what it shows."""

    name: str
    path: Path
    title: str
    shows: str


def folder() -> Path:
    """Where the specs are: inside the installed package, or beside it in a checkout."""
    return PACKAGED if PACKAGED.is_dir() else CHECKED_OUT


def names() -> tuple[str, ...]:
    """Names of the shipped specs, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml")))


def path_of(name: str) -> Path | None:
    """File of the shipped spec called ``name``; None when there is none."""
    return folder() / f"{name}.yaml" if name in names() else None


def shipped_specs() -> tuple[ShippedSpec, ...]:
    """The catalogue of the shipped specs."""
    return tuple(_described(name) for name in names())


def _described(name: str) -> ShippedSpec:
    path = folder() / f"{name}.yaml"
    comment: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# ").rstrip())
    return ShippedSpec(name, path, comment[0] if comment else "", " ".join(comment[1:]).strip())
