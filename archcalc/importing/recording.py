"""What a run of somebody's torch module saw: every call in order, by whom, on what, and where in Python.

Plain data without torch. The module was run on batches of 2 and of 3 samples: what grew is the batch.
"""

from collections.abc import Mapping
from dataclasses import field

from archcalc.errors import Place
from archcalc.facts import Shape
from archcalc.records import dataclass


@dataclass(frozen=True, slots=True)
class GrowingSize:
    """A whole number that grows with the batch: ``slope`` a sample, and ``offset`` besides."""

    slope: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor among arguments and results, by its number in ``Recording.values``."""

    value: int


RecordedArgument = (
    Ref
    | GrowingSize
    | int
    | float
    | bool
    | str
    | None
    | slice
    | tuple["RecordedArgument", ...]
    | Mapping[str, "RecordedArgument"]
)
"""An argument of a call. Lists come as tuples; dtypes and the like as torch's name of them (``int64``)."""


@dataclass(frozen=True, slots=True)
class RecordedValue:
    """A tensor of the run.

    Args:
        sizes: of every axis; those that grow with the batch are ``GrowingSize``.
        dtype: torch's name of it.
        name: of the input, the parameter or the buffer that it is; empty: a call made it.
        constant: it depends on no input (parameters and what is made of them are no constants).
        content: of a constant, what its numbers are (see ``Content``).
        sources: names of the buffers that a constant was made of.
        requires_grad: as torch had it when it was made; None: nobody asked.
    """

    sizes: "tuple[int | GrowingSize, ...]"
    dtype: str = "float32"
    name: str = ""
    constant: bool = False
    content: "Content | None" = None
    sources: tuple[str, ...] = ()
    requires_grad: bool | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of the numbers of a constant, which were calculated.

    Args:
        form: ``fill`` (all one number), ``range`` (0, 1, 2 ... along the last axis), ``causal`` (nothing is
            hidden up to the diagonal), ``window`` (besides, nothing farther than ``detail``), ``cosines`` and
            ``sines`` (of positions times frequencies: ``detail`` is the base), ``other``.
        detail: the number that belongs to the form.
        numbers: the numbers themselves, where they are few: at most 64.
    """

    form: str
    detail: float | None = None
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldTensor:
    """A parameter or a buffer of the module.

    Args:
        shape: whole, as torch has it.
        dtype: torch's name of it.
        buffer: it is none of the parameters.
        trainable: its ``requires_grad``, as the factory left it.
        owner: the first name of the same tensor, where it has several: a tie.
        persistent: it is in the ``state_dict``.
        place: where it was made its module's. None: nobody saw it.
    """

    shape: Shape
    dtype: str
    buffer: bool = False
    trainable: bool = True
    owner: str | None = None
    persistent: bool = True
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class HeldModule:
    """A module inside.

    Args:
        type: of a module that runs the forward of a class which is known (one of ``torch.nn`` as a rule), the
            full name of this class, ``torch.nn.Conv2d``: its calls are recorded whole. Of others their own.
        known: whether it is one whose calls are recorded whole.
        attributes: its plain public attributes: numbers, words, tuples of them, None.
        place: where it was built: the first frame outside of torch. None: nobody saw it.
        owner: the first name of the same module, where it has several.
        class_name: the name of its own class.
    """

    type: str
    known: bool
    attributes: Mapping[str, RecordedArgument]
    place: Place | None
    owner: str | None = None
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call: of a known module (``module`` is its name) or of a function of torch.

    Args:
        op: ``torch.nn.Conv2d``; ``torch.nn.functional.relu``, ``torch.Tensor.view``, ``torch.add``.
        scope: name of the innermost module that ran and is not known; of a module's call, of the one around.
        module: name under which the module was called; None: a function.
        args: by position, as the function got them (a module's are those of its forward).
        kwargs: by name.
        result: what came back, in its own form: a Ref, tuples of them, None.
        place: the line of the first frame outside of torch that called.
        written: the value that it changed in place, as it was before; a call that returns its input unchanged
            (Dropout at inference, Identity) has a result of its own all the same.
        macs: half of the FLOPs that torch counted in it, for one sample; ``fixed`` is what did not grow.
        with_gradients: torch followed it for a backward pass, outside of ``no_grad``.
    """

    op: str
    scope: str
    module: str | None
    args: tuple[RecordedArgument, ...]
    kwargs: Mapping[str, RecordedArgument]
    result: RecordedArgument
    place: Place | None
    written: int | None = None
    macs: int = 0
    fixed: int = 0
    with_gradients: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """A run of a module.

    Args:
        source: as it was written: ``package.module:factory``.
        class_name: of the module itself.
        inputs: name of an input -> number of its value.
        values: every tensor of the run.
        calls: in the order in which they ran. Those that made only constants are not among them.
        result: what the module returned: a Ref, or tuples or mappings of them.
        modules: full name -> module; the module itself is the empty name.
        tensors: full name -> parameter or buffer, in the module's order.
        macs: of one sample, as torch counts.
        fixed_macs: those that a run costs whatever the batch.
        remarks: what a reader has to know: a path that was chosen by data, an axis that is not the batch.
    """

    source: str
    class_name: str
    inputs: Mapping[str, int]
    values: tuple[RecordedValue, ...]
    calls: tuple[RecordedCall, ...]
    result: RecordedArgument
    modules: Mapping[str, HeldModule]
    tensors: Mapping[str, HeldTensor]
    macs: int
    fixed_macs: int = 0
    remarks: tuple[str, ...] = field(default=())
