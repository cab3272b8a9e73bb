"""What other libraries call layers, arguments and losses, and what ours are: suggestions alone."""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from archcalc.errors import closest, nearest
from archcalc.tuples import NamedTuple
from archcalc.wording import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RANK = re.compile(r"([123])d")


class Ours(NamedTuple):
    """Our name of a layer of another library.

    Args:
        kind: ``{n}`` in it is the number of position axes.
        arguments: what has to be written besides.
        behind: layers of their own behind it.
        renamed: arguments that mean something else there.
    """

    kind: str
    arguments: "Mapping[str, object]" = MappingProxyType({})
    behind: tuple[str, ...] = ()
    renamed: "Mapping[str, str]" = MappingProxyType({})


_POOLED = ({"output_size": 1}, ("Flatten",))
LAYERS: "Mapping[str, Ours]" = {
    **dict.fromkeys(
        ("dense", "fullyconnected", "fc", "innerproduct", "affine", "gemm", "lazylinear"), Ours("Linear")
    ),
    **dict.fromkeys(("convolution", "convolutional", "lazyconv", "convsame"), Ours("Conv{n}d")),
    **dict.fromkeys(
        (
            "convtranspose",
            "deconv",
            "deconvolution",
            "deconvolutional",
            "transposedconv",
            "transposeconv",
            "upconv",
        ),
        Ours("ConvTranspose{n}d"),
    ),
    "depthwiseconv": Ours("Conv{n}d", {"out_channels": "=in_channels", "groups": "=in_channels"}),
    "maxpool": Ours("MaxPool{n}d"),
    "maxpooling": Ours("MaxPool{n}d", {"kernel_size": 2}),
    **dict.fromkeys(("avgpool", "averagepool", "meanpool"), Ours("AvgPool{n}d")),
    "averagepooling": Ours("AvgPool{n}d", {"kernel_size": 2}),
    **dict.fromkeys(
        ("globalavgpool", "globalaveragepool", "globalaveragepooling", "globalavgpooling", "gap"),
        Ours("AdaptiveAvgPool{n}d", *_POOLED),
    ),
    **dict.fromkeys(("globalmaxpool", "globalmaxpooling"), Ours("AdaptiveMaxPool{n}d", *_POOLED)),
    **dict.fromkeys(
        ("batchnorm", "batchnormalization", "batchnormalisation", "bn", "syncbatchnorm"),
        Ours("BatchNorm{n}d"),
    ),
    "frozenbatchnorm": Ours("BatchNorm{n}d", {"frozen": True}),
    **dict.fromkeys(("instancenorm", "instancenormalization"), Ours("InstanceNorm{n}d")),
    **dict.fromkeys(("layernormalization", "ln"), Ours("LayerNorm")),
    "groupnormalization": Ours("GroupNorm"),
    "rmsnormalization": Ours("RMSNorm"),
    "lrn": Ours("LocalResponseNorm"),
    "spatialdropout": Ours("Dropout{n}d"),
    "droppath": Ours("StochasticDepth", {"mode": "row"}),
    "upsampling": Ours("Upsample", {"scale_factor": 2}, renamed={"size": "scale_factor"}),
    **dict.fromkeys(("interpolate", "resize"), Ours("Upsample")),
    **dict.fromkeys(("zeropadding", "zeropad"), Ours("ZeroPad{n}d", {"padding": 1})),
    "depthtospace": Ours("PixelShuffle"),
    "spacetodepth": Ours("PixelUnshuffle"),
    **dict.fromkeys(("concatenate", "cat", "merge", "route"), Ours("Concat")),
    **dict.fromkeys(("eltwise", "sumlayer", "plus", "addition"), Ours("Add")),
    **dict.fromkeys(("mul", "product"), Ours("Multiply")),
    **dict.fromkeys(("dot", "bmm"), Ours("MatMul")),
    "view": Ours("Reshape"),
    "simplernn": Ours("RNN"),
    "maskedselfattention": Ours("MultiheadAttention", {"causal": True}),
    **dict.fromkeys(("selfattention", "multiheadselfattention", "attention"), Ours("MultiheadAttention")),
    **dict.fromkeys(("swish", "silu"), Ours("SiLU")),
    **dict.fromkeys(("leaky", "leakyrelu"), Ours("LeakyReLU")),
    **dict.fromkeys(("hardswish", "hswish"), Ours("Hardswish")),
    **dict.fromkeys(("hardsigmoid", "hsigmoid"), Ours("Hardsigmoid")),
    **dict.fromkeys(("logistic",), Ours("Sigmoid")),
    "noop": Ours("Identity"),
}
"""Name in small letters, without what joins its parts and its ``1d``, ``2d`` or ``3d`` -> ours."""
FUNCTIONS: "Mapping[str, object]" = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leakyrelu": "LeakyReLU",
    "leaky": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "swish": "SiLU",
    "mish": "Mish",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "logistic": "Sigmoid",
    "hardsigmoid": "Hardsigmoid",
    "hardswish": "Hardswish",
    "softplus": "Softplus",
    "softmax": {"type": "Softmax", "dim": -1},
    "logsoftmax": {"type": "LogSoftmax", "dim": -1},
}
"""Value of an ``activation`` -> the layer that it is here."""
ARGUMENTS: "Mapping[str, tuple[str, ...]]" = {
    **dict.fromkeys(
        (
            *(
                "filters",
                "numfilters",
                "numfilter",
                "nfilters",
                "numoutput",
                "numoutputs",
                "outch",
                "outplanes",
            ),
            *("outputchannels", "features", "channels", "outdim", "nout"),
        ),
        ("out_channels", "out_features", "num_features", "num_channels"),
    ),
    **dict.fromkeys(
        ("units", "numunits", "numhidden", "hiddenunits", "hiddendim", "hidden", "nodes", "neurons"),
        ("out_features", "hidden_size"),
    ),
    "outputdim": ("embedding_dim", "out_features"),
    **dict.fromkeys(
        ("inputdim", "vocabsize", "vocab", "numtokens"), ("num_embeddings", "in_features", "input_size")
    ),
    **dict.fromkeys(("inputchannels", "inch", "inplanes", "nin"), ("in_channels", "in_features")),
    **dict.fromkeys(("embeddim", "embeddingsize", "dmodel", "dim"), ("embedding_dim", "embed_dim")),
    **dict.fromkeys(("strides", "subsample", "s"), ("stride",)),
    **dict.fromkeys(
        (
            "kernel",
            "kernels",
            "ksize",
            "kernelshape",
            "kernelsizes",
            "poolsize",
            "windowshape",
            "filtersize",
            "k",
            "size",
        ),
        ("kernel_size", "scale_factor", "shape"),
    ),
    **dict.fromkeys(("pad", "pads", "bordermode", "paddings"), ("padding",)),
    **dict.fromkeys(("dilationrate", "dilations", "atrousrate", "atrous"), ("dilation",)),
    **dict.fromkeys(("rate", "dropoutrate", "dropprob", "drop", "prob", "dropout"), ("p", "dilation")),
    **dict.fromkeys(("featuregroupcount", "group", "cardinality"), ("groups", "num_groups")),
    **dict.fromkeys(("usebias", "biasterm", "withbias", "hasbias"), ("bias",)),
    **dict.fromkeys(("epsilon",), ("eps",)),
    **dict.fromkeys(("axis", "axes"), ("dim", "dims")),
    **dict.fromkeys(("alpha", "slope", "leakyslope"), ("negative_slope",)),
    **dict.fromkeys(("targetshape", "newshape", "dims"), ("shape", "dims")),
    **dict.fromkeys(("heads", "nheads", "nhead", "numattentionheads"), ("num_heads",)),
    "blocksize": ("upscale_factor", "downscale_factor"),
    **dict.fromkeys(("nlayers", "depth"), ("num_layers",)),
    "interpolation": ("mode",),
    **dict.fromkeys(("scale", "factor"), ("scale_factor",)),
}
"""Argument in small letters, without what joins its parts -> ours; the first that the layer has is meant."""
ADVICE: "Mapping[str, str]" = {
    **dict.fromkeys(
        (
            *("dataformat", "kernelinitializer", "biasinitializer", "initializer", "weightinitializer"),
            *(
                "kernelregularizer",
                "biasregularizer",
                "activityregularizer",
                "regularizer",
                "device",
                "dtype",
            ),
            *("kernelconstraint", "biasconstraint", "recurrentactivation", "recurrentinitializer", "inplace"),
        ),
        "leave it out: no number here depends on it",
    ),
    **dict.fromkeys(
        ("inputshape", "batchinputshape", "inputsize", "inputlength"),
        "leave it out: shapes stand in `inputs` at the top, without the batch",
    ),
    "trainable": "write frozen: true for trainable: false",
    "returnsequences": "leave it out: all steps leave, and `from: NAME.h_n` reads the last state alone",
    "keepprob": "write p, the share that is dropped: 1 less it",
}
"""Argument of layers, written as above, that none of ours stands for -> what to do."""
WRAPPERS: "Mapping[str, str]" = {
    "bidirectional": "write it in the recurrent layer itself: {type: LSTM, bidirectional: true}",
    "timedistributed": "write the layer inside alone: Linear maps every step by itself",
    "lambda": "write the layers of its function: `archcalc layers` lists the kinds",
    "separableconv": (
        "it is two layers: {type: Conv2d, out_channels: =in_channels, groups: =in_channels, kernel_size: 3}"
        " and {type: Conv2d, out_channels: 64, kernel_size: 1}"
    ),
}
"""Layer of another library around others, or in the place of several, written as above -> what to write."""
SHORTEST = 3
"""Letters of a name that others are compared with."""
PROBABILITIES = "it takes logits: the network ends without a Softmax"
ELSEWHERE: "Mapping[str, tuple[str, str]]" = {
    "categoricalcrossentropy": ("CrossEntropyLoss", PROBABILITIES),
    "sparsecategoricalcrossentropy": ("CrossEntropyLoss", PROBABILITIES),
    "binarycrossentropy": ("BCEWithLogitsLoss", "from logits; of probabilities it is BCELoss"),
    "logloss": ("CrossEntropyLoss", PROBABILITIES),
}
"""Loss in small letters, without what joins its parts -> torch.nn's, and what changes."""


def loss_hint(written: str) -> str:
    """The loss of torch.nn that another name may mean; empty where none is close."""
    from archcalc.spec.goals import CLASSES

    bare, _, _ = written.partition("(")
    word = squeezed(bare.strip().rpartition(".")[2])
    if word in ELSEWHERE:
        name, change = ELSEWHERE[word]
        return f"{name} of torch.nn is what you mean: {change}"
    stem = re.sub(r"lo?s+e?$", "", word)  # else every loss would be like every other
    names = {known: name for known, name in CLASSES.items() if len(known) >= SHORTEST}
    near = CLASSES.get(stem) or names.get(closest(stem, names) or "")
    return nearest(near, (near,)) if near else ""


def meant(key: str, known: "Iterable[str]") -> str | None:
    """The argument that another name means: ours of the same meaning, else the one that is most like it."""
    known = tuple(known)
    ours = (name for name in ARGUMENTS.get(squeezed(key), ()) if name in known)
    return next(ours, None) or closest(key, known)


def key_hint(key: str, known: "Iterable[str]", value: object) -> str:
    """What to write in the place of an unknown key.

    Args:
        key: as it is written.
        known: keys that may stand there.
        value: what is written behind it.
    """
    word, known = squeezed(key), tuple(known)
    name = next((name for name in ARGUMENTS.get(word, ()) if name in known), None)
    if name:
        return nearest(name, (name,))
    if "type" in known and word == "activation":
        function = FUNCTIONS.get(squeezed(str(value)), "ReLU")
        layer = function if isinstance(function, str) else "{type: Softmax, dim: -1}"
        return f"an activation is a layer of its own behind this one: - {layer}"
    return (ADVICE.get(word) if "type" in known else None) or nearest(key, known)
