"""Random sound specs, and the mistakes that are put into them."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from tests.cures.patching import dumped

if TYPE_CHECKING:
    from collections.abc import Callable

    Spec = dict[str, Any]
    """A spec as plain data; its layers are mappings."""


def layer(kind: str, **arguments: object) -> "Spec":
    """An entry of a list of layers."""
    return {"type": kind, **arguments}


def unit(random: Random, width: int, **arguments: object) -> "list[Spec]":
    """A convolution, its norm and an activation."""
    kernel = random.choice([3, 5])
    made = {"out_channels": width, "kernel_size": kernel, "padding": kernel // 2, "bias": False, **arguments}
    return [layer("Conv2d", **made), layer("BatchNorm2d"), layer(random.choice(["ReLU", "SiLU"]))]


def classifier(random: Random) -> "Spec":
    """Convolutions with norms, pools between them, shortcuts around some, a mean and a linear map."""
    pools, width = random.randint(1, 3), 8 * random.randint(1, 4)
    layers: list[Spec] = []
    for _ in range(pools):
        layers += unit(random, width)
        if random.random() < 0.5:
            layers.append(layer("Residual", body=[*unit(random, width), *unit(random, width)[:2]]))
            layers.append(layer("ReLU"))
        layers.append(layer("MaxPool2d", kernel_size=2))
    layers += unit(random, width)
    size, classes = 2**pools * random.randint(3, 5), random.randint(3, 20)
    head = [
        layer("AdaptiveAvgPool2d", output_size=1),
        layer("Flatten"),
        layer("Linear", out_features="=classes"),
    ]
    return {
        "task": "classification",
        "loss": "CrossEntropyLoss",
        "vars": {"classes": classes},
        "inputs": {"image": [3, size, size]},
        "layers": layers + head,
    }


def perceptron(random: Random) -> "Spec":
    """Linear maps with activations between."""
    kind = random.choice(["ReLU", "GELU", "Tanh"])
    hidden = [
        each
        for _ in range(random.randint(2, 4))
        for each in (layer("Linear", out_features=random.randint(20, 60)), layer(kind))
    ]
    return {
        "task": "regression",
        "loss": "MSELoss",
        "inputs": {"features": [random.randint(8, 40)]},
        "layers": [*hidden, layer("Linear", out_features=random.randint(1, 3))],
    }


def dense(random: Random) -> "Spec":
    """Dilated convolutions without holes, up to twice the size, scores for each place."""
    width, size = 8 * random.randint(1, 3), random.randint(24, 40)
    rates = random.choice([(1, 2, 4), (1, 2, 5), (1, 3)])
    layers: list[Spec] = []
    for rate in rates:
        own = {"padding": rate, "dilation": rate, "name": f"rate{len(layers) // 2}"}
        layers += [layer("Conv2d", out_channels=width, kernel_size=3, **own), layer("ReLU")]
    layers += [
        layer("ConvTranspose2d", name="up", out_channels=width, kernel_size=2, stride=2),
        layer("ReLU"),
    ]
    return {
        "task": "segmentation",
        "loss": "CrossEntropyLoss",
        "inputs": {"image": [3, size, size]},
        "layers": [*layers, layer("Conv2d", name="scores", out_channels=6, kernel_size=1)],
    }


def writer(random: Random) -> "Spec":
    """A language model: tokens, positions, masked attention, scores."""
    heads = random.choice([2, 4])
    length, width = random.randint(20, 60), 16 * heads
    encoder = layer(
        "TransformerEncoderLayer", name="layer", nhead=heads, dim_feedforward=2 * width, causal=True
    )
    return {
        "task": "language_modeling",
        "loss": "CrossEntropyLoss",
        "inputs": {"tokens": {"shape": [length], "dtype": "int64"}},
        "layers": [
            layer("Embedding", num_embeddings=640, embedding_dim=width),
            layer("LearnedPositionalEncoding", max_len=length + random.randint(0, 9)),
            {**encoder, "repeat": random.randint(1, 3)},
            layer("Linear", out_features=640),
        ],
    }


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in which network.

    Args:
        code: of the rule that finds it.
        sound: makes the network.
        put_in: changes its data.
    """

    code: str
    sound: "Callable[[Random], Spec]"
    put_in: "Callable[[Random, Spec], object]"


def of_kind(spec: "Spec", kind: str) -> "list[int]":
    """Where a kind stands in the list of layers."""
    return [index for index, entry in enumerate(spec["layers"]) if entry["type"] == kind]


def put(where: "Callable[[Spec], int]", *entries: "Spec") -> "Callable[[Random, Spec], object]":
    """Layers put in at an index."""

    def changed(_: Random, spec: "Spec") -> None:
        index = where(spec)
        spec["layers"][index:index] = [dict(entry) for entry in entries]

    return changed


def given(kind: str, **arguments: object) -> "Callable[[Random, Spec], object]":
    """Other arguments of a random layer of a kind."""

    def changed(random: Random, spec: "Spec") -> None:
        spec["layers"][random.choice(of_kind(spec, kind))].update(arguments)

    return changed


def without(where: "Callable[[Spec], int]") -> "Callable[[Random, Spec], object]":
    """A layer taken out."""
    return lambda _, spec: spec["layers"].pop(where(spec))


def stated(**values: object) -> "Callable[[Random, Spec], object]":
    """Values of the spec."""
    return lambda _, spec: spec.update(values)


def end(spec: "Spec") -> int:
    """Behind all layers."""
    return len(spec["layers"])


def behind(kind: str) -> "Callable[[Spec], int]":
    """Behind the first layer of a kind."""
    return lambda spec: of_kind(spec, kind)[0] + 1


def grown(_: Random, spec: "Spec") -> None:
    """An odd image."""
    spec["inputs"]["image"] = [3, *(size + 1 for size in spec["inputs"]["image"][1:])]


def uneven(random: Random, spec: "Spec") -> None:
    """Kernels that the stride does not divide, on the way to an image."""
    spec.update(task="super_resolution", loss="MSELoss")
    given("ConvTranspose2d", **UNEVEN)(random, spec)


def longer(_: Random, spec: "Spec") -> None:
    """More tokens than positions."""
    spec["inputs"]["tokens"]["shape"] = [spec["layers"][1]["max_len"] + 7]


def wider_rate(_: Random, spec: "Spec") -> None:
    """Twice the rates: all odd places are left out."""
    for entry in spec["layers"]:
        if "dilation" in entry:
            entry.update(padding=2 * entry["padding"], dilation=2 * entry["dilation"])


def branch(_: Random, spec: "Spec") -> None:
    """A second way that nothing reads."""
    extra = layer("Conv2d", name="extra", **{"from": "rate1"}, out_channels=4, kernel_size=1)
    spec["layers"].insert(-1, extra)
    spec["layers"][-1]["from"] = "up"


FINAL = layer("Softmax", dim=1)
UNEVEN = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}
MISTAKES = {
    "an odd image": Mistake("AC103", classifier, grown),
    "a second input": Mistake("AC102", classifier, lambda _, spec: spec["inputs"].update(mask=[1, 8, 8])),
    "a bias": Mistake("AC301", classifier, given("Conv2d", bias=True)),
    "a wide rim": Mistake("AC106", classifier, given("Conv2d", kernel_size=3, padding=2)),
    "an even kernel": Mistake("AC105", classifier, given("Conv2d", kernel_size=4, padding="same")),
    "a step too wide": Mistake("AC203", classifier, given("MaxPool2d", kernel_size=1, stride=2)),
    "a softmax": Mistake("AC401", classifier, put(end, FINAL)),
    "a log-softmax": Mistake("AC401", classifier, put(end, layer("LogSoftmax", dim=1))),
    "bent scores": Mistake("AC404", classifier, put(end, layer("ReLU"))),
    "scores for NLLLoss": Mistake("AC409", classifier, stated(loss="NLLLoss")),
    "one class": Mistake("AC407", classifier, given("Linear", out_features=1)),
    "a class too few": Mistake("AC407", classifier, given("Linear", out_features=2)),
    "a small batch": Mistake("AC303", classifier, stated(training={"batch_size": 2})),
    "a dropped input of a norm": Mistake(
        "AC307", classifier, put(behind("Conv2d"), layer("Dropout2d", p=0.2))
    ),
    "a tanh twice": Mistake("AC306", perceptron, put(lambda _: 2, layer("Tanh"), layer("Tanh"))),
    "no activation": Mistake("AC305", perceptron, without(lambda _: 1)),
    "no negative number": Mistake("AC405", perceptron, put(end, layer("ReLU"))),
    "a dropout": Mistake("AC406", perceptron, put(lambda _: 2, layer("Dropout", p=0.1))),
    "a sigmoid too few": Mistake(
        "AC403", perceptron, stated(loss="BCELoss", task="multilabel_classification")
    ),
    "holes": Mistake("AC201", dense, wider_rate),
    "a checkerboard": Mistake("AC204", dense, uneven),
    "an unread way": Mistake("AC101", dense, branch),
    "a field too small": Mistake("AC205", dense, stated(min_receptive_field=24)),
    "no mask": Mistake("AC602", writer, given("TransformerEncoderLayer", causal=False)),
    "too many tokens": Mistake("AC603", writer, longer),
    "small heads": Mistake(
        "AC604", writer, lambda _, spec: spec["layers"][2].update(nhead=8 * spec["layers"][2]["nhead"])
    ),
}


def mistaken(name: str, seed: int) -> tuple[str, str]:
    """The text of a sound spec, and with a mistake put in."""
    mistake, random = MISTAKES[name], Random(f"{name} {seed}")  # noqa: S311  no secrets here
    spec = mistake.sound(random)
    sound = dumped(spec)
    mistake.put_in(random, spec)
    return sound, dumped(spec)
