"""An operator of which only the shapes are known, and the weights that it has."""

from typing import TYPE_CHECKING, Annotated, cast, get_args

from pydantic import Field, PlainValidator, WithJsonSchema

from archcalc.facts import UNSAID, AxisRead, Facts, Tensor
from archcalc.layers.arguments import whole_shape
from archcalc.layers.base import Layer
from archcalc.spec.network import Dtype
from archcalc.tuples import NamedTuple
from archcalc.wording import shown
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class GivenTensor(NamedTuple):
    """A tensor with its name."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"


def _given(value: object) -> "tuple[GivenTensor, ...]":
    """Tensors from a mapping of names to shapes, or to a shape and a dtype."""
    told = shown(value)
    if isinstance(value, tuple) and all(
        isinstance(each, tuple) for each in cast("tuple[object, ...]", value)
    ):
        return tuple(GivenTensor(*each) for each in cast("tuple[GivenTensor, ...]", value))
    if not isinstance(value, dict):
        raise ValueError(f"needs a mapping of names to shapes, got {told}")  # noqa: TRY004  pydantic retells it
    return tuple(_tensors(cast("Mapping[object, object]", value)))


def _tensors(value: "Mapping[object, object]") -> "Iterator[GivenTensor]":
    for name, written in value.items():
        told = shown(written)
        long = cast("dict[str, object]", written) if isinstance(written, dict) else {"shape": written}
        dtype = long.get("dtype", "float32")
        if long.keys() - {"shape", "dtype"} or "shape" not in long:
            raise ValueError(f"needs shape and dtype for {name}, got {told}")
        if dtype not in get_args(Dtype):
            raise ValueError(f"needs a dtype of torch for {name}, got {shown(dtype)}")
        yield GivenTensor(str(name), whole_shape(long["shape"], least=0), str(dtype))


SIZES: "dict[str, object]" = {"type": "array", "items": {"type": "integer", "minimum": 0}}
LONG: "dict[str, object]" = {
    "type": "object",
    "properties": {"shape": SIZES, "dtype": {"enum": [*get_args(Dtype)]}},
    "required": ["shape"],
    "additionalProperties": False,
}
NamedTensors = Annotated[
    tuple[GivenTensor, ...],
    PlainValidator(_given),
    WithJsonSchema({"type": "object", "additionalProperties": {"anyOf": [SIZES, LONG]}}),
]
"""Name -> shape, or shape and dtype."""


class Opaque(Layer, frozen=True):
    """An operator that no kind stands for: its shapes and weights are known, and not what it calculates.

    Totals are lower bounds with it, and what its units read is not known.
    """

    untold = "an operator of which only the outputs are known"

    takes_numbers = True

    operator: str
    """What it is, as torch calls it."""
    outputs: Annotated[NamedTensors, Field(min_length=1)]
    """Name -> shape without the batch, or ``{shape: ..., dtype: ...}``; the first one is read next. 0 rows
    are those that are found by their numbers, where there were none."""
    weights: NamedTensors = ()
    """torch's name of a parameter -> shape."""
    buffers: NamedTensors = ()
    """torch's name of a buffer -> shape."""

    @property
    def stands_in(self) -> bool:
        """What it calculates is not known."""
        return True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Anything -> the outputs that are written."""
        reads = tuple(tuple(AxisRead(None, UNSAID) for _ in tensor.shape) for tensor in inputs)
        return Facts(
            outputs={each.name: Tensor(each.shape, each.dtype) for each in self.outputs},
            work=(Work("product", None, tuple(each.name for each in self.weights)),),
            reads=reads,
            weights={each.name: each.shape for each in self.weights},
            buffers={each.name: each.shape for each in self.buffers},
        )
