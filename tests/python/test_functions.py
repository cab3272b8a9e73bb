"""The functions of Python: what the commands print, short in a shell, as tables in a notebook."""

import pkgutil
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archcalc
from archcalc.errors import Fault, SpecError
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.python.shown import Shown

SHORT = 300
"""Characters of a short text."""
BATCH = ("--batch", "8", "--dtype", "bfloat16")
COMMANDS: "list[tuple[tuple[str, ...], Callable[[], Shown]]]" = [
    (
        ("shapes", "lenet5", "--input", "image=1,36,36"),
        lambda: archcalc.shapes("lenet5", input={"image": [1, 36, 36]}),
    ),
    (("params", "resnet18", "--set", "classes=10"), lambda: archcalc.params("resnet18", set={"classes": 10})),
    (("params", "resnet18", "--freeze", "layer1"), lambda: archcalc.params("resnet18", freeze="layer1")),
    (
        ("params", "lstm_language_model", "--parts"),
        lambda: archcalc.params("lstm_language_model", parts=True),
    ),
    (("summary", "unet"), lambda: archcalc.summary(archcalc.load("unet"))),
    (
        (*("summary", "resnet18", "--columns", "params,memory", "--sort", "memory", "--depth", "1"), *BATCH),
        lambda: archcalc.summary(
            "resnet18", columns="params,memory", sort="memory", depth=1, batch=8, dtype="bfloat16"
        ),
    ),
    (
        ("summary", "lenet5", "--columns", "type,flops"),
        lambda: archcalc.summary("lenet5", columns=("type", "flops")),
    ),
    (("macs", "lenet5"), lambda: archcalc.macs("lenet5")),
    (
        ("macs", "gpt2", "--causal", "--backward", "--by", "type", "--sort", "backward", *BATCH),
        lambda: archcalc.macs(
            "gpt2", causal=True, backward=True, by="type", sort="backward", batch=8, dtype="bfloat16"
        ),
    ),
    (
        ("macs", "lenet5", "--device", "a100", "--step-time", "12ms", "--depth", "1"),
        lambda: archcalc.macs("lenet5", device="a100", step_time=0.012, depth=1),
    ),
    (("macs", "lenet5", "--convention", "thop"), lambda: archcalc.conventions("lenet5", "thop")),
    (("macs", "resnet18", "--compare", "--depth", "1"), lambda: archcalc.conventions("resnet18", depth=1)),
    (("memory", "unet", *BATCH), lambda: archcalc.memory("unet", batch=8, dtype="bfloat16")),
    (
        (
            *("memory", "resnet18", "--train", "--checkpoint", "layer?.?", "--optimizer", "sgd"),
            *BATCH,
            "--master",
        ),
        lambda: archcalc.memory(
            "resnet18",
            train=True,
            checkpoint="layer?.?",
            optimizer="sgd",
            master=True,
            batch=8,
            dtype="bfloat16",
        ),
    ),
    (
        (
            *("memory", "gpt2", "--train", "--dp", "4", "--tp", "2", "--pp", "3", "--zero", "2"),
            *("--set", "vocab=50304", "--optimizer", "adam"),
        ),
        lambda: archcalc.memory(
            "gpt2",
            train=True,
            optimizer="adam",
            devices={"dp": 4, "tp": 2, "pp": 3, "zero": 2},
            set={"vocab": 50304},
        ),
    ),
    (
        ("memory", "mistral_7b", "--context", "9000", "--page", "16", "--cache-dtype", "fp8", "--ep", "1"),
        lambda: archcalc.memory("mistral_7b", cache={"context": 9000, "page": 16, "dtype": "float8"}),
    ),
    (
        ("memory", "lenet5", "--train", "--accumulate", "2", "--fit", "16MiB"),
        lambda: archcalc.memory("lenet5", train=True, accumulate=2, fit="16MiB"),
    ),
    (("attention", "vit_b_16"), lambda: archcalc.attention(archcalc.trace(archcalc.load("vit_b_16")))),
    (("attention", "lenet5"), lambda: archcalc.attention("lenet5")),
    (("signal", "lenet5", "--init", "xavier_uniform"), lambda: archcalc.signal("lenet5", "xavier_uniform")),
    (("signal", "vdsr", "--depth", "1"), lambda: archcalc.signal("vdsr", depth=1)),
    (("shapes", "unet", "--depth", "1"), lambda: archcalc.shapes("unet", depth=1)),
    (("params", "gpt2", "--depth", "2"), lambda: archcalc.params("gpt2", depth=2)),
    (("summary", "resnet18", "--depth", "1"), lambda: archcalc.summary("resnet18", depth=1)),
    (("rf", "resnet18", "--depth", "1"), lambda: archcalc.rf("resnet18", depth=1)),
    (("shapes", "gpt2", "--input", "tokens=35"), lambda: archcalc.shapes("gpt2", input={"tokens": 35})),
    (
        ("shapes", "gpt2", "--input", "tokens=35:int32"),
        lambda: archcalc.shapes("gpt2", input={"tokens": "35:int32"}),
    ),
    (("diff", "resnet18", "resnet34"), lambda: archcalc.diff("resnet18", "resnet34")),
    (
        ("diff", "lenet5", "--set-b", "classes=3", "--all"),
        lambda: archcalc.diff("lenet5", set_b={"classes": 3}, all=True),
    ),
    (
        ("compare", "lenet5", "alexnet", "--sort", "-params", "--pareto", "params,depth"),
        lambda: archcalc.compare("lenet5", "alexnet", sort="-params", pareto=["params", "depth"]),
    ),
    (
        ("solve", "unet", "--for", "width", "--want", "params<=20M", "--want", "macs<=50G"),
        lambda: archcalc.solve("unet", "width", ["params<=20M", "macs<=50G"]),
    ),
    (("solve", "lenet5", "--sizes"), lambda: archcalc.input_sizes("lenet5")),
    (
        (
            "solve",
            "Conv2d",
            "3,64,64",
            "--for",
            "padding",
            "--want",
            "output=32",
            "kernel_size=7",
            "stride=2",
        ),
        lambda: archcalc.solve_layer("Conv2d", (3, 64, 64), "padding", "output=32", kernel_size=7, stride=2),
    ),
    (("shapes", "unet", "--symbolic"), lambda: archcalc.symbolic_formulas("unet")),
    (("explain", "resnet18"), lambda: archcalc.explain("resnet18")),
    (("explain", "resnet18", "layer1"), lambda: archcalc.explain("resnet18", "layer1")),
    (("explain", "lenet5", "f6"), lambda: archcalc.explain("lenet5", "f6")),
    (("rf", "resnet18"), lambda: archcalc.rf("resnet18")),
    (("rf", "resnet18", "--layer", "layer2"), lambda: archcalc.rf("resnet18", layer="layer2")),
    (("rf", "resnet18", "--from", "layer1"), lambda: archcalc.rf("resnet18", from_="layer1")),
    (
        ("rf", "resnet18", "--layer", "layer2", "--at", "3,5"),
        lambda: archcalc.rf("resnet18", layer="layer2", at=(3, 5)),
    ),
    (
        ("rf", "resnet18", "--from", "conv1", "--layer", "layer2"),
        lambda: archcalc.rf("resnet18", from_="conv1", layer="layer2"),
    ),
    (
        (
            "decode",
            "gpt2",
            "--prompt",
            "4",
            "--new",
            "3",
            "--dtype",
            "float32",
            "--batch",
            "2",
            "--set",
            "depth=2",
        ),
        lambda: archcalc.decode("gpt2", 4, 3, dtype="float32", batch=2, set={"depth": 2}),
    ),
]


@pytest.mark.parametrize(("words", "asked"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_a_function_tells_what_its_command_prints(
    words: tuple[str, ...], asked: "Callable[[], Shown]", capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked()
    ran = run(capsys, *words)
    assert ran.code == 0
    assert f"{found}" == ran.out
    assert len(repr(found)) < SHORT


def notebook(found: object) -> str:
    """What a notebook asks of what it shows."""
    shown: str = getattr(found, "_repr_html_")()  # noqa: B009  notebooks ask by name
    return shown


class Texts(HTMLParser):
    """The texts of an HTML document; tags that are not closed are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note what opens."""
        del attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """What closes is what opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data.strip())


def test_a_notebook_shows_tables() -> None:
    found = archcalc.params("resnet18")
    parser = Texts()
    parser.feed(notebook(found))
    assert not parser.open
    for text in ("conv1", "Conv2d", "9,408", "fc"):
        assert text in parser.texts
    assert any(text.startswith("params 11,689,512") for text in parser.texts)


def test_what_stands_in_a_cell_is_no_markup() -> None:
    layers: list[object] = [{"type": "<b>Conv2d"}]
    shown = notebook(archcalc.check({"inputs": {"x": [3]}, "layers": layers}))
    assert "<b>" not in shown
    assert "&lt;b&gt;Conv2d" in shown


def test_a_long_table_shows_its_ends() -> None:
    layers: list[object] = [{"type": "Linear", "name": "deep", "out_features": 3, "repeat": 3000}]
    network = archcalc.trace(archcalc.load({"inputs": {"x": [3]}, "layers": layers}))
    shown = notebook(network)
    assert len(shown) < 100_000
    assert "2,601 more rows" in shown
    for each in (network, network.layers[0], archcalc.params(network), archcalc.receptive_fields(network)):
        assert len(repr(each)) < SHORT


def test_short_texts() -> None:
    model = archcalc.load("unet")
    network = archcalc.trace(model)
    layer = network.layers[0]
    for each in (model, model.document, network, layer, layer.origin, archcalc.summary(network)):
        assert len(repr(each)) < SHORT
    dilated = archcalc.rf("deeplabv3_resnet50", check_hdc=True).groups or ()
    assert dilated
    fields = archcalc.receptive_fields(network)
    records = (network.by_name, network.scope("down"), fields.layers, fields.layers[layer.name][0], *dilated)
    for record in (*records, *archcalc.check(MISTAKE)):
        assert len(repr(record)) < SHORT
        assert repr(record).startswith("<")
    assert "unet" in repr(network)
    assert layer.name in repr(layer)


UNKNOWN: "list[tuple[Callable[[], object], str]]" = [
    (lambda: archcalc.rf("resnet18", layer="lyer1"), "no layer 'lyer1'; did you mean 'layer1'?"),
    (lambda: archcalc.rf("resnet18", from_="cnv1"), "no layer or input 'cnv1'; did you mean 'conv1'?"),
    (lambda: archcalc.rf("resnet18", from_="imag"), "no layer or input 'imag'; did you mean 'image'?"),
    (lambda: archcalc.rf("resnet18").on("imag"), "an input 'imag'; did you mean 'image'?"),
    (lambda: network().layer("con1"), "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: network().behind("con1"), "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: archcalc.params("resnet18").layers["con1"], "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: archcalc.rf("resnet18").layers["con1"], "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: archcalc.receptive_fields(network(), "con1"), "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: archcalc.coverage(network(), "con1", 1), "no layer 'con1'; did you mean 'conv1'?"),
    (lambda: archcalc.coverage(network(), "conv1", 3), "'conv1' has no axis 3: its output is [64, 112, 112]"),
    (lambda: archcalc.coverage(network(), "conv1", 1, output="h"), "'conv1' has no output 'h'"),
    (lambda: archcalc.check_rates([1, 2], [3, 3, 3]), "3 kernels for 2 rates"),
    (lambda: archcalc.check_rates([], []), "0 kernels for 0 rates"),
    (lambda: archcalc.summary("resnet18", sets={}), "no option 'sets'; did you mean 'set'?"),  # type: ignore[call-arg]  # as people slip
    (lambda: archcalc.check("resnet18", sets={}), "no option 'sets'; did you mean 'set'?"),  # type: ignore[call-arg]  # as people slip
    (lambda: archcalc.summary("resnet18", set="classes=3"), "set needs values by the names"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.summary("resnet18", input=(3, 9, 9)), "input needs shapes by the names"),
    (lambda: archcalc.summary("resnet18", input={"image": 2.5}), "input 'image' needs sizes such as"),
    (
        lambda: archcalc.shapes("gpt2", input={"tokens": "35:int46"}),
        "no dtype 'int46'; did you mean 'int16' or 'int64'?",
    ),
    (lambda: archcalc.shapes("gpt2", input={"tokens": "many"}), "needs sizes such as 3,224,224, got 'many'"),
    (
        lambda: archcalc.load(
            {"inputs": {"x": [3, 4]}, "layers": [{"type": "ConvTranspose1d", "kernel_size": 2**63}]}
        ),
        "9223372036854775808 is beyond 9223372036854775807",
    ),
    (lambda: archcalc.shapes(3), "needs a spec, its name or file, or its data, got 3"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.summary("resnet18", depth=0), "depth needs at least 1, got 0"),
    (lambda: archcalc.document(network(), depth=0), "depth needs at least 1, got 0"),
    (lambda: archcalc.check("lenet5", min_severity="warn"), "no severity 'warn'; did you mean 'warning'?"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.summary("resnet18", set={"clases": 3}), "no variable 'clases'"),
    (lambda: archcalc.summary("resnet18", input={"imag": [3]}), "did you mean 'image'?"),
    (lambda: archcalc.params("resnet18", freeze="lyer1"), "no layer fits 'lyer1'; did you mean 'layer1'?"),
    (lambda: archcalc.summary(network(), set={"classes": 3}), "a network that was traced has its values"),
    (lambda: archcalc.check(network()), "needs the spec of 'resnet18', got its trace"),
    (lambda: archcalc.check("resnet18", set={"clases": 3}), "no variable 'clases'; did you mean 'classes'?"),
    (lambda: archcalc.check("resnet18", select="norm-ordr"), "norm-order"),
    (lambda: archcalc.check("resnet19"), "did you mean 'resnet18'?"),
    (lambda: archcalc.decode("gpt2", 1, 1, dtype="float15"), "did you mean 'float16'?"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.decode("gpt2", 1, 1, tokens="tok"), "the network has no input 'tok'"),
    (lambda: archcalc.decode("gpt2", 0, 1), "at least 1, got 0"),
    (lambda: archcalc.summary("lenet5", columns="parms"), "no column 'parms'; did you mean 'params'?"),
    (lambda: archcalc.summary("lenet5", sort="memry"), "no column 'memry'; did you mean 'memory'?"),
    (lambda: archcalc.summary("lenet5", batch=0), "batch needs a whole number of at least 1, got 0"),
    (lambda: archcalc.memory("lenet5", dtype="float61"), "no dtype 'float61'; did you mean 'float16'"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.memory("lenet5", optimizer="adm"), "no optimizer 'adm'; did you mean 'adam'"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.memory("lenet5", fit="lots"), "needs bytes such as 24GiB, 800MB or 65536, got 'lots'"),
    (lambda: archcalc.memory("lenet5", train=True, accumulate=0), "accumulate needs at least 1, got 0"),
    (lambda: archcalc.memory("resnet18", train=True, checkpoint="lyer1"), "'lyer1' names no scope"),
    (lambda: archcalc.macs("lenet5", device="h10"), "no device 'h10'; did you mean 'h100'?"),
    (lambda: archcalc.macs("lenet5", step_time="12ms"), "a share of which peak? name a device"),
    (lambda: archcalc.macs("lenet5", device="a100", step_time=0), "step_time needs a time such as 0.35"),
    (lambda: archcalc.macs("lenet5", sort="time"), "no column 'time'; known here: bytes, flops"),
    (lambda: archcalc.macs("lenet5", by="kind"), "no grouping 'kind'; known here: depth, layer, type"),  # type: ignore[arg-type]  # as people slip
    (lambda: archcalc.conventions("lenet5", "thp"), "no convention 'thp'; did you mean 'thop'?"),
]


def network() -> archcalc.Trace:
    """A network that was traced."""
    return archcalc.trace(archcalc.load("resnet18"))


@pytest.mark.parametrize(("asked", "told"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_wrong_names_are_told_with_the_nearest(asked: "Callable[[], object]", told: str) -> None:
    with pytest.raises((Fault, SpecError)) as caught:
        asked()
    assert told in str(caught.value)


def test_the_end_of_a_container_is_what_leaves_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A container of which nothing is left hands on what it reads, not what the layer before it made."""
    file = tmp_path / "a.yaml"
    file.write_text(
        "inputs: {x: [2, 30]}\n"
        "outputs: [head, two.wide]\n"
        "layers:\n"
        "  - type: Sequential\n"
        "    name: two\n"
        "    layers:\n"
        "      - {type: Conv1d, name: near, out_channels: 2, kernel_size: 3}\n"
        "      - {type: Conv1d, name: wide, out_channels: 2, kernel_size: 9}\n"
        "      - {type: Sequential, name: q, from: near, layers: [{type: ReLU, when: =false}]}\n"
        "  - {type: ReLU, name: head, from: two}\n",
        encoding="utf-8",
    )
    found = archcalc.rf(file, layer="two")
    assert found.layer == "two.near"
    assert f"{found}" == run(capsys, "rf", str(file), "--layer", "two").out


def test_a_wrong_name_of_a_layer_is_a_wrong_key_too() -> None:
    with pytest.raises(KeyError):
        archcalc.params("lenet5").layers["c9"]


MISTAKE: dict[str, object] = {
    "vars": {"k": 9},
    "inputs": {"x": [3, 8, 8]},
    "layers": [{"type": "Conv2d", "out_channels": 4, "kernel_size": "=k"}],
}


def test_check_finds_what_the_command_finds() -> None:
    found = archcalc.check(MISTAKE)
    assert [each.code for each in found] == ["AC001"]
    assert "kernel 9 is larger" in found[0].message
    assert "kernel 9 is larger" in str(found)
    assert not archcalc.check(MISTAKE, set={"k": 3})
    assert not archcalc.check(MISTAKE, ignore="AC001")
    assert len(archcalc.check(MISTAKE, select=["AC0"])) == 1


def test_no_room_of_the_package_has_the_name_of_a_function() -> None:
    """Python would put it in the function's place as soon as something imports it."""
    rooms = {each.name for each in pkgutil.iter_modules(archcalc.__path__)}
    assert "footprint" in rooms
    assert not rooms & set(archcalc.__all__)
