"""A network as a reader of torch modules would give it, in a Python file of the test's."""

from archcalc.errors import Place
from archcalc.facts import Tensor
from archcalc.importing.imported import Imported
from archcalc.importing.opening import of_program
from archcalc.importing.program import Program, Read, Step

FACTORY = "net_by_hand:build"


def chain(file: str, *layers: tuple[int, str, str, dict[str, object]]) -> Imported:
    """Layers in a row: the line that builds each, its name, kind and arguments."""
    steps = tuple(
        Step(
            kind,
            arguments,
            (Read(number - 1) if number else Read(None, "x"),),
            (),
            name,
            Place(file, line, 1),
        )
        for number, (line, name, kind, arguments) in enumerate(layers)
    )
    program = Program("Net", {"x": Tensor((3, 16, 16))}, steps, (Read(len(steps) - 1),))
    return of_program(FACTORY, program, "layers")


CONV: dict[str, object] = {"out_channels": 8, "kernel_size": 3}
"""Of a convolution with a bias."""
