"""Options of ``archcalc memory``: what they are called and may be."""

from enum import Enum
from typing import Annotated

import typer

from archcalc.cli.precisions import MAX_COUNT, PrecisionName

MAX_DEVICES = 2**20
MAX_CONTEXT = 2**40


class OptimizerName(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """Optimizers by what they keep."""

    sgd = "sgd"
    momentum = "momentum"
    adam = "adam"
    adamw = "adamw"
    amsgrad = "amsgrad"
    rmsprop = "rmsprop"
    adagrad = "adagrad"
    adadelta = "adadelta"
    adamax = "adamax"
    nadam = "nadam"
    radam = "radam"
    adafactor = "adafactor"
    adam8bit = "adam8bit"
    lion = "lion"


class UpdateName(str, Enum):  # noqa: UP042  as above
    """How an optimizer takes the parameters."""

    each = "each"
    foreach = "foreach"
    fused = "fused"


class CacheType(str, Enum):  # noqa: UP042  as above
    """dtypes of the numbers in a cache; the short names are those of engines."""

    float64 = "float64"
    float32 = "float32"
    fp32 = "fp32"
    float16 = "float16"
    fp16 = "fp16"
    bfloat16 = "bfloat16"
    bf16 = "bf16"
    float8 = "float8"
    fp8 = "fp8"
    int8 = "int8"
    int4 = "int4"

    @property
    def dtype(self) -> str:
        """Its name in full."""
        from archcalc.footprint.cache import SHORT

        return SHORT.get(self.value, self.value)


TRAINING, DEVICES, CACHE, ASKING = "Training", "Several devices", "Decode cache", "Batches and limits"

BatchOption = Annotated[
    int | None,
    typer.Option(
        "--batch",
        min=1,
        max=MAX_COUNT,
        help="Samples at a time, on one device; 1, or of a training step the batch_size of the spec.",
    ),
]
DtypeOption = Annotated[
    PrecisionName | None,
    typer.Option("--dtype", help="Precision of all real numbers; else the spec's own."),
]
TrainOption = Annotated[bool, typer.Option("--train", help="A training step instead of a run.")]
OptimizerOption = Annotated[
    OptimizerName | None,
    typer.Option("--optimizer", help="With --train: whose states are kept; adamw.", rich_help_panel=TRAINING),
]
RecomputedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--checkpoint",
        metavar="SCOPE",
        help="With --train: a scope, or a pattern of scopes, that is calculated again in the backward"
        " pass; may be repeated.",
        rich_help_panel=TRAINING,
    ),
]
AccumulateOption = Annotated[
    int | None,
    typer.Option(
        "--accumulate",
        min=1,
        max=MAX_COUNT,
        help="With --train: batches whose gradients add up before a step; 1, or as many as --pp.",
        rich_help_panel=TRAINING,
    ),
]
LossOption = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="NAME",
        help="With --train: the loss of the first output, and its targets: cross_entropy, nll, multi_margin,"
        " mse, l1, smooth_l1, huber, bce, bce_with_logits, soft_margin, kl_div, poisson_nll, or none; else"
        " that of the spec.",
        rich_help_panel=TRAINING,
    ),
]
FirstOption = Annotated[
    bool,
    typer.Option(
        "--first",
        help="With --train: the first step, before which there are no states.",
        rich_help_panel=TRAINING,
    ),
]
KeepOption = Annotated[
    bool,
    typer.Option(
        "--keep-gradients",
        help="With --train: gradients are set to zero, not to None, before a step.",
        rich_help_panel=TRAINING,
    ),
]
UpdateOption = Annotated[
    UpdateName | None,
    typer.Option(
        "--update",
        help="With --train: the optimizer steps each parameter by itself, as torch does on a CPU, all at once"
        " (foreach, as on CUDA), or by a kernel of its own (fused).",
        rich_help_panel=TRAINING,
    ),
]
MasterOption = Annotated[
    bool,
    typer.Option(
        "--master",
        help="With --train: weights and optimizer states in single precision besides --dtype.",
        rich_help_panel=TRAINING,
    ),
]
DataOption = Annotated[
    int | None,
    typer.Option(
        "--dp",
        min=1,
        max=MAX_DEVICES,
        help="Data-parallel devices, each with a batch of its own; as many as --ep where it is left out.",
        rich_help_panel=DEVICES,
    ),
]
TensorOption = Annotated[
    int,
    typer.Option(
        "--tp",
        min=1,
        max=MAX_DEVICES,
        help="Tensor-parallel devices: they divide pairs of linear maps, heads and vocabularies.",
        rich_help_panel=DEVICES,
    ),
]
PipelineOption = Annotated[
    int,
    typer.Option("--pp", min=1, max=MAX_DEVICES, help="Stages of a pipeline.", rich_help_panel=DEVICES),
]
ExpertOption = Annotated[
    int,
    typer.Option(
        "--ep",
        min=1,
        max=MAX_DEVICES,
        help="Devices, of the data-parallel ones, that divide the experts.",
        rich_help_panel=DEVICES,
    ),
]
ZeroOption = Annotated[
    int,
    typer.Option(
        "--zero",
        min=0,
        max=3,
        help="With --train: data-parallel devices divide the states of the optimizer (1), gradients too (2),"
        " weights too (3).",
        rich_help_panel=DEVICES,
    ),
]
SequenceOption = Annotated[
    bool,
    typer.Option(
        "--sp",
        help="Tensor-parallel devices divide the positions of what is whole on each of them.",
        rich_help_panel=DEVICES,
    ),
]
ContextOption = Annotated[
    int | None,
    typer.Option(
        "--context",
        min=1,
        max=MAX_CONTEXT,
        help="Add a decoder's cache of so many tokens of every sample.",
        rich_help_panel=CACHE,
    ),
]
CacheTypeOption = Annotated[
    CacheType | None,
    typer.Option(
        "--cache-dtype", help="Type of the cache's numbers; else as the weights.", rich_help_panel=CACHE
    ),
]
PageOption = Annotated[
    int | None,
    typer.Option(
        "--page",
        min=1,
        max=MAX_COUNT,
        help="Tokens that a cache keeps or gives up together: every layer has whole pages.",
        rich_help_panel=CACHE,
    ),
]
FitOption = Annotated[
    str | None,
    typer.Option(
        "--fit",
        metavar="BYTES",
        help="Find the largest batch that takes at most so much, or what --for says: 24GiB.",
        rich_help_panel=ASKING,
    ),
]
ForOption = Annotated[
    str,
    typer.Option(
        "--for",
        metavar="WHAT",
        help="With --fit: batch, sequence, context (of the cache), or the name of a variable or an input,"
        " whose first axis grows.",
        rich_help_panel=ASKING,
    ),
]
BatchesOption = Annotated[
    str | None,
    typer.Option(
        "--batches",
        metavar="LIST",
        help="A line for every batch: 1,2,4..64 (doubled), 8,12..32 (in steps).",
        rich_help_panel=ASKING,
    ),
]
