"""The file that a SPEC argument means."""

from itertools import islice
from os.path import exists, isfile
from pathlib import Path

from archcalc import zoo
from archcalc.errors import Place, Problem, SpecError, nearest
from archcalc.importing.sources import meant_factory

ENDINGS = (".yaml", ".yml")
MAX_BESIDE = 1000
"""Files of a folder among which one is looked for that is called alike."""


def found_file(source: str) -> str:
    """The file that a SPEC argument means; the name of a shipped spec works from anywhere."""
    # os.path, unlike pathlib, answers no where a name cannot be a file's: too long, or with a zero byte.
    if source == "-" or isfile(source):  # noqa: PTH113  as said
        return source
    shipped = zoo.path_of(source)
    if shipped is not None:
        return str(shipped)
    if exists(source):  # noqa: PTH110  as above
        return source
    what = "no such file, and no shipped spec of this name"
    raise SpecError([Problem(Place(shown_source(source)), "", what, like(source))])


def shown_source(source: str) -> str:
    """A SPEC argument as an error names it: in quotes where it has no letters, as an unset variable."""
    return source if source.strip() else repr(source)


def like(source: str) -> str:
    """A hint for a SPEC that is not there: what is called most alike, a file beside it or a shipped spec."""
    if meant := meant_factory(source):
        return f"a torch module is written {meant}"
    if not source.strip():
        return "give a path, - for standard input, or the name of a shipped spec: `archcalc zoo` lists them"
    folder = Path(source).parent
    try:
        names = (str(path) for path in islice(folder.iterdir(), MAX_BESIDE) if path.suffix in ENDINGS)
        beside = [name for name in names if name != source]  # a link to nowhere is there, too
    except (OSError, ValueError):
        beside = []
    shipped = nearest(Path(source).stem, zoo.names(), "`archcalc zoo` lists the shipped specs")
    return nearest(source, beside, shipped)
