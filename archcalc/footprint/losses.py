"""What torch's losses keep of the output that they judge, and need beside it (torch 2.13 on a CPU)."""

from math import prod
from typing import TYPE_CHECKING, Literal

from archcalc.errors import Fault, nearest
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.facts import Tensor
    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace

PLACE = 8
"""Bytes of the number of a class."""
SEQUENCE = 2
"""Axes of an output whose classes are its last axis; elsewhere they are the first one."""
NONE = "none"
"""What says that there is no loss, whatever the spec has."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of one output; what is kept is as large as that.

    Args:
        name: as the command line calls it.
        torch: its class in torch.nn.
        keeps: what it keeps for its gradient: the output, a tensor of its own in the output's place (the
            logarithm of a softmax), or nothing of that size.
        classes: its targets are numbers of classes, one a position; else they are as large as the output.
        weighed: beside it the sum of the weights of its classes is kept.
        whole: the loss lies in a storage as large as the output, of which it is the first number.
        forward: tensors as large as the output that are there beside it when the loss is calculated.
        backward: tensors as large as the output that are there beside what is kept when its gradient is made.
        early: the most is there before the number that is the loss is made.
    """

    name: str
    torch: str
    keeps: Literal["output", "own", "nothing"] = "output"
    classes: bool = False
    weighed: bool = False
    whole: bool = False
    forward: int = 0
    backward: int = 1
    early: bool = False

    def target_bytes(self, setting: "Setting", output: "Tensor") -> int:
        """Bytes of the targets of a batch, where this is the output that the loss judges."""
        if not self.classes:
            return setting.bytes(output)
        axis = -1 if len(output.shape) == SEQUENCE else 0
        positions = prod(output.shape) // (output.shape[axis] if output.shape else 1)
        return PLACE * positions * (setting.batch if output.batched else 1)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            *("cross_entropy", "CrossEntropyLoss"),
            keeps="own",
            classes=True,
            weighed=True,
            forward=1,
            backward=2,
        ),
        Loss("nll", "NLLLoss", classes=True, weighed=True),
        Loss("multi_margin", "MultiMarginLoss", classes=True),
        Loss("mse", "MSELoss", whole=True),
        Loss("l1", "L1Loss", keeps="own", forward=2, backward=3),
        Loss("smooth_l1", "SmoothL1Loss", whole=True),
        Loss("huber", "HuberLoss"),
        Loss("bce", "BCELoss", whole=True),
        Loss("bce_with_logits", "BCEWithLogitsLoss", backward=2),
        Loss("soft_margin", "SoftMarginLoss", whole=True),
        Loss("kl_div", "KLDivLoss", keeps="nothing", forward=3, backward=2, early=True),
        Loss("poisson_nll", "PoissonNLLLoss", keeps="own", forward=3, backward=3, early=True),
    )
}
BY_CLASS = {loss.torch: loss for loss in LOSSES.values()}


def loss_named(written: str) -> Loss | None:
    """The loss of a name, as torch has it or in short; None: ``none``.

    Raises:
        Fault: there is no such loss, or nobody has measured what it keeps.
    """
    from archcalc.spec.goals import loss_name

    if written.strip().lower() == NONE:
        return None
    torch = loss_name(written)
    if torch in BY_CLASS:
        return BY_CLASS[torch]
    known = f"there are {', '.join((*LOSSES, NONE))}"
    if torch:
        raise Fault(f"what {torch} keeps was not measured", hint=known)
    raise Fault(f"no loss {written!r}", hint=nearest(written, (*LOSSES, *BY_CLASS, NONE), known))


def stated_loss(trace: "Trace") -> str:
    """Torch's name of the loss that the spec of a network states; empty: none, or one of its own."""
    from archcalc.spec.goals import loss_name

    written = trace.stated.get("loss")
    return loss_name(written) if isinstance(written, str) else ""


@dataclass(frozen=True, slots=True)
class JudgedOutput:
    """An output, and the loss that judges it.

    Args:
        loss: which one.
        output: bytes of the output.
        width: bytes of one number of it.
        kept: the layer that made the output keeps it, so that it stays whatever the loss keeps.
    """

    loss: Loss
    output: int
    width: int
    kept: bool

    @property
    def number(self) -> int:
        """Bytes of the loss itself."""
        return self.output if self.loss.whole else self.width

    @property
    def weights(self) -> int:
        """Bytes of the sum of the weights of classes."""
        return self.width * self.loss.weighed

    def when_judged(self, forward: int) -> int:
        """Bytes at most while the loss is calculated.

        Args:
            forward: bytes at the end of the forward pass, with the output.
        """
        number = 0 if self.loss.early else self.number
        return forward + self.loss.forward * self.output + number + self.weights

    def when_turned_back(self, forward: int) -> int:
        """Bytes at most while its gradient is made, when nothing else holds the output any more."""
        keeps = self.loss.keeps
        instead = {"output": 0, "own": self.output * self.kept, "nothing": -self.output * (not self.kept)}
        made = self.loss.backward * self.output + self.width  # the gradient of the loss by itself is 1
        return forward + instead[keeps] + made + self.number + (0 if keeps == "own" else self.weights)
