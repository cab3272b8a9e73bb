"""What the writer makes of small specs, stated by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest

from archcalc import load, loads
from archcalc.budgets import Limit
from archcalc.errors import Fault
from archcalc.source.limits import MAX_INTEGER
from archcalc.spec import Block, Budgets, Spec
from archcalc.writing import write, write_block

SMALL: dict[str, object] = {"inputs": {"x": [3, "=size", 8]}, "layers": ["ReLU"]}


def test_a_spec_made_in_memory() -> None:
    spec = Spec.model_validate(
        {
            "layers": [
                {"repeat": 2, "kernel_size": [3, 3], "out_channels": "=width * 2", "name": "c",
                 "type": "Conv2d"},
                {"type": "ReLU", "when": True},
                {"type": "Residual", "body": [{"type": "Linear", "out_features": "=max(8, width)"}],
                 "merge": {"type": "Add", "name": "sum"}, "name": 0, "note": "a, b: c"},
                {"type": "Branches", "from": ["0"],
                 "branches": [[], ["Tanh", {"type": "Sequential", "layers": []}]]},
                {"type": "Branches", "branches": {"low": ["Tanh"], "0": []}, "merge": "Concat"},
            ],
            "blocks": {"b": {"layers": ["ReLU"], "args": {"width": "required", "p": 1e-06},
                             "inputs": ["0", "in"], "about": {"p": "share: of 1"}, "note": "A block"}},
            "budgets": {"params": "12M", "receptive_field": ">= 224", "macs": "1.5",
                        "scopes": {"c": {"flops": "== 3"}}},
            "inputs": {"x": [3, "=size"], "tokens": {"shape": [7], "dtype": "int64"}},
            "vars": {"size": 8, "width": 4, "yes": "no", "nothing": "null"},
            "name": "0", "note": "A sentence",
            "outputs": ["1", "c"], "training": {"batch_size": 8}, "ignore": ["AC301"],
        }
    )  # fmt: skip
    assert write(spec) == (
        'name: "0"\n'
        'note: "A sentence"\n'
        "ignore: [AC301]\n"
        'vars: {size: 8, width: 4, yes: no, nothing: "null"}\n'
        "inputs:\n"
        "  x: [3, =size]\n"
        "  tokens: {shape: [7], dtype: int64}\n"
        "\n"
        "blocks:\n"
        "  b:\n"
        '    note: "A block"\n'
        "    args: {width: required, p: 1.0e-6}\n"
        "    about:\n"
        '      p: "share: of 1"\n'
        "    inputs: [0, in]\n"
        "    layers:\n"
        "      - ReLU\n"
        "\n"
        "layers:\n"
        "  - {type: Conv2d, name: c, kernel_size: [3, 3], out_channels: =width * 2, repeat: 2}\n"
        "  - ReLU\n"
        "  - type: Residual\n"
        "    name: 0\n"
        '    note: "a, b: c"\n'
        "    body:\n"
        '      - {type: Linear, out_features: "=max(8, width)"}\n'
        "    merge: {type: Add, name: sum}\n"
        "  - type: Branches\n"
        "    from: 0\n"
        "    branches:\n"
        "      - []\n"
        "      - - Tanh\n"
        "        - type: Sequential\n"
        "          layers: []\n"
        "  - type: Branches\n"
        "    branches:\n"
        "      low:\n"
        "        - Tanh\n"
        "      0: []\n"
        "\n"
        "outputs: [1, c]\n"
        "training: {batch_size: 8}\n"
        'budgets: {params: 12000000, macs: "1.5", receptive_field: ">= 224", scopes: {c: {flops: == 3}}}\n'
    )


MESSY = """\
# the head

{"name": "messy", "inputs": {"x": {"shape": [3, 0x10, 8], "dtype": "float32"}}, # flow
"layers": [
   {"type": "Conv2d", "out_channels": 4, # how many
    # above the kernel
    "kernel_size": 3,   # how large
   }, # the convolution
   'ReLU',


   # - a layer that is left out
   # and why

   {"when": true, "eps": 1.E-3, "type": "BatchNorm2d"}, "Tanh" # both
   # in front of the bracket
]
}
# the end
"""


def test_a_spec_in_another_style() -> None:
    """The style of the house, with keys in their order and each comment beside the same entry."""
    assert write(loads(MESSY)) == (
        "# the head\n"
        "\n"
        "name: messy   # flow\n"
        "inputs:\n"
        "  x: [3, 16, 8]\n"
        "layers:\n"
        "  # above the kernel\n"
        "  - {type: Conv2d, out_channels: 4, kernel_size: 3}   # how many   # how large   # the convolution\n"
        "  - ReLU\n"
        "\n"
        "  # - a layer that is left out\n"
        "  # and why\n"
        "\n"
        "  # in front of the bracket\n"
        "  - {eps: 1.E-3, type: BatchNorm2d}   # both\n"
        "  - Tanh\n"
        "# the end\n"
    )


ALIASES = """\
inputs: {x: &shape [3, 8, 8], y: *shape}
layers:
  - &conv   # the first
    type: Conv2d
    out_channels: 8
    kernel_size: 3
  - <<: *conv   # the second
    name: other
  # at the end of the layers

# before the budgets
budgets:
  params: 1.2M   # "a # in quotes"
  macs: 3000
"""


def test_aliases_are_written_out() -> None:
    assert write(loads(ALIASES)) == (
        "inputs:\n"
        "  x: [3, 8, 8]\n"
        "  y: [3, 8, 8]\n"
        "layers:\n"
        "  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # the first\n"
        "  - {type: Conv2d, out_channels: 8, kernel_size: 3, name: other}   # the second\n"
        "  # at the end of the layers\n"
        "\n"
        "# before the budgets\n"
        'budgets: {params: 1.2M, macs: 3000}   # "a # in quotes"\n'
    )


def test_plain_data_keep_the_order_of_keys_and_the_budgets() -> None:
    model = load(
        {"layers": [{"name": "a", "type": "ReLU"}], "budgets": {"params": "0.5K"}, "inputs": {"x": [3]}}
    )
    expected = "\nlayers:\n  - {name: a, type: ReLU}\n\nbudgets: {params: 0.5K}\ninputs:\n  x: [3]\n"
    assert write(model) == expected.lstrip("\n")


def test_a_long_list_is_written_in_rows() -> None:
    names = [f"encoder_layer_{index:02}_out" for index in range(13)]
    entry = {"type": "Concat", "dim": 1, "from": names}
    spec = Spec.model_validate({**SMALL, "layers": [entry]})
    assert write(spec).endswith(
        "  - type: Concat\n"
        "    from: [\n"
        "      encoder_layer_00_out, encoder_layer_01_out, encoder_layer_02_out, encoder_layer_03_out,\n"
        "      encoder_layer_04_out, encoder_layer_05_out, encoder_layer_06_out, encoder_layer_07_out,\n"
        "      encoder_layer_08_out, encoder_layer_09_out, encoder_layer_10_out, encoder_layer_11_out,\n"
        "      encoder_layer_12_out]\n"
        "    dim: 1\n"
    )
    twelve = Spec.model_validate({**SMALL, "layers": [{**entry, "from": names[:12]}]})
    assert write(twelve).splitlines()[-1].startswith("  - {type: Concat, from: [")


def test_a_key_that_fills_the_line_keeps_its_empty_list() -> None:
    wide = "k" * 400
    spec = Spec.model_validate({**SMALL, "layers": [{"type": "Kind", wide: [], "m": {}}]})
    assert write(spec).endswith(f"  - type: Kind\n    {wide}: []\n    m: {{}}\n")


def test_a_comment_above_the_begin_of_the_document() -> None:
    text = "# above\n---\ninputs:\n  x: [8]\nlayers:\n  - ReLU\n"
    assert write(loads(text)) == text.replace("---\n", "")


def test_a_spec_that_is_no_longer_what_its_text_says() -> None:
    """The values are the spec's, and what the text has stays beside what it still holds."""
    model = loads(
        "inputs:\n  x: [8]\nlayers:\n  - {type: Dropout, p: 5.0e-1}   # half\n  - ReLU\n\n"
        "budgets: {params: 12M}   # few\n"
    )
    layers = (model.spec.layers[0].model_copy(update={"p": 0.25}),)
    budgets = Budgets.model_validate({"params": "1K"})
    changed = replace(model, spec=model.spec.model_copy(update={"layers": layers, "budgets": budgets}))
    assert write(changed) == (
        "inputs:\n  x: [8]\nlayers:\n  - {type: Dropout, p: 0.25}   # half\n\n"
        "budgets: {params: 1000}   # few\n"
    )


def test_containers_that_stood_on_a_line_stay_there() -> None:
    line = "  - {type: Sequential, when: =deep, layers: [{type: Linear, out_features: 8}, ReLU]}\n"
    text = f"vars: {{deep: true}}\ninputs:\n  x: [8]\nlayers:\n{line}"
    assert write(loads(text)) == text
    assert "    layers:\n      - {type: Linear, out_features: 8}\n" in write(loads(text).spec)


def test_a_block_file() -> None:
    block = Block.model_validate(
        {"layers": ["=kind"], "args": {"kind": "required"}, "about": {"kind": "which, of all"},
         "paper": "Some One, A Title, 2020", "params": "=min(1, 2)"}
    )  # fmt: skip
    assert write_block(block) == (
        'paper: "Some One, A Title, 2020"\n'
        "args: {kind: required}\n"
        "about:\n"
        "  kind: which, of all\n"
        "params: =min(1, 2)\n"
        "layers:\n"
        "  - =kind\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("yes", "yes"),  # a word in YAML 1.2
        ("true", '"true"'),
        ("~", '"~"'),
        ("1e3", '"1e3"'),
        ("0x1f", '"0x1f"'),
        ("1_000", "1_000"),
        ("9" * 30, f'"{"9" * 30}"'),  # bare it would be a number that is too large
        ("=a, b", '"=a, b"'),
        ("=a if b else c", "=a if b else c"),
        ('="one" if b else "two"', '="one" if b else "two"'),
        ('=x["one"]', "'=x[\"one\"]'"),
        ("it's: so", '"it\'s: so"'),
        ("a #b", '"a #b"'),
        ("a#b", "a#b"),
        (" a", '" a"'),
        ("a\nb", '"a\\nb"'),
        ('a"\nb', '"a\\"\\nb"'),
        ("\x07", '"\\a"'),
        ("ä\u2028", '"ä\\L"'),
        ("- a", '"- a"'),
        ("a{b", '"a{b"'),
        ("*a", '"*a"'),
        (1e-12, "1.0e-12"),
        (1.5e300, "1.5e300"),
        (0.00001, "1.0e-5"),
        (0.001, "0.001"),
        (2.0, "2.0"),
        (float("inf"), ".inf"),
        (float("nan"), ".nan"),
        (None, "null"),
        (True, "true"),
        (1, "1"),
        ((1, (2, 3)), "[1, [2, 3]]"),
        ({"null": 1, "<<": 2, "0": {}, "a b": []}, '{"null": 1, "<<": 2, 0: {}, a b: []}'),
    ],
)
def test_an_argument_on_a_line(value: object, text: str) -> None:
    spec = Spec.model_validate({**SMALL, "layers": [{"type": "Kind", "value": value}]})
    assert write(spec).endswith(f"  - {{type: Kind, value: {text}}}\n")


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit("<=", Fraction(12_000_000)), "12000000"),
        (Limit("<", Fraction(5, 2)), "< 2.5"),
        (Limit("<=", Fraction(10**20)), "100000000000000000K"),
        (Limit("<=", Fraction(1, 10**18)), '"0.000000000000000001"'),
        (Limit(">=", Fraction(2**40 * (10**18 - 1))), '">= 999999999999999999TiB"'),
    ],
)
def test_a_limit_that_was_made_in_memory(limit: Limit, text: str) -> None:
    spec = Spec.model_validate(SMALL).model_copy(
        update={"budgets": Budgets().model_copy(update={"macs": limit})}
    )
    assert write(spec).endswith(f"budgets: {{macs: {text}}}\n")
    assert loads(write(spec)).spec.budgets.macs == limit


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        (MAX_INTEGER + 1, r"beyond 9223372036854775807 \(2\*\*63 - 1\)"),
        (object(), "type object cannot be written"),
        ({3: 1}, "key of type int cannot be written"),
        ("half \ud800", "half a character"),
    ],
)
def test_what_no_file_could_hold_is_refused(value: object, fact: str) -> None:
    spec = Spec.model_validate({**SMALL, "layers": [{"type": "Kind", "value": value}]})
    with pytest.raises(Fault, match=fact):
        write(spec)


def test_a_limit_without_an_end_is_refused() -> None:
    third = Budgets().model_copy(update={"macs": Limit("<=", Fraction(1, 3))})
    with pytest.raises(Fault, match="1/3 has more than 18 digits"):
        write(Spec.model_validate(SMALL).model_copy(update={"budgets": third}))
