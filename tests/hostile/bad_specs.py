"""Bad and malicious specs: what is written, with a mark where the error must point, and words of it."""

from typing import NamedTuple

MARK = "¦"
HEAD = "inputs: {x: [3, 8, 8]}\nlayers:\n"


class Bad(NamedTuple):
    """A spec with the mark, and what its error says; both numbers wherever there are two."""

    marked: str
    words: tuple[str, ...]

    @property
    def spec(self) -> str:
        """The spec without the mark."""
        return self.marked.replace(MARK, "")

    @property
    def place(self) -> str:
        """``line:column`` of the mark."""
        before = self.marked[: self.marked.index(MARK)]
        return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def bad(marked: str, *words: str) -> Bad:
    """A whole spec."""
    return Bad(marked, words)


def layers(*marked: str, words: tuple[str, ...]) -> Bad:
    """Layers behind an input of (3, 8, 8)."""
    return Bad(HEAD + "".join(f"  - {layer}\n" for layer in marked), words)


def layer(marked: str, *words: str) -> Bad:
    """A single one."""
    return layers(marked, words=words)


BAD: dict[str, Bad] = {
    "empty file": bad("¦", "empty"),
    "only a comment": bad("¦# nothing\n", "empty"),
    "a list": bad("¦- 1\n- 2\n", "mapping", "`inputs:`", "`layers:`"),
    "a number": bad("¦42\n", "mapping"),
    "no layers": bad("¦inputs: {x: [1]}\n", "`layers` is missing"),
    "two documents": bad(HEAD + "  - ReLU\n¦---\na: 1\n", "document"),
    "a tab": bad("inputs:\n¦\tx: [1]\n", "tab"),
    "an open bracket": bad("inputs: {x: [3, 8\nlayers¦: [ReLU]\n", "line 1, column 13", "put a comma"),
    "duplicate key": bad("inputs: {x: [1]}\nlayers: [ReLU]\n¦inputs: {y: [1]}\n", "given twice", "line 1"),
    "duplicate key of a layer": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, ¦out_channels: 9}", "out_channels", "given twice"
    ),
    "unknown top key": bad(HEAD + "  - ReLU\n¦layer: [ReLU]\n", "layer", "did you mean 'layers'?"),
    "unknown kind": layer("¦Conv2D", "unknown layer kind or block 'Conv2D'", "did you mean 'Conv2d'?"),
    "unknown key": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, ¦strides: 2}", "strides", "did you mean 'stride'?"
    ),
    "a giant stride of a transposed convolution": layer(
        "{type: ConvTranspose2d, out_channels: 8, kernel_size: 2, stride: ¦900000000000}",
        "outputs of stride 900,000,000,000 need 900,000,000,000 different windows",
        "65,536",
    ),
    "an upsampling beyond measure": layer(
        "{type: Upsample, scale_factor: ¦1.0e+300}",
        "8 positions times 1e+300 are more than 9223372036854775807",
    ),
    "a giant pixel shuffle": layer(
        "{type: PixelUnshuffle, downscale_factor: ¦9000000000}", "8 positions of axis 1", "9000000000"
    ),
    "a pad for too few axes": layer(
        "{type: ZeroPad2d, padding: ¦[1, 2]}", "padding has 2 values for 2 axes, which take 4"
    ),
    "a crop larger than what arrives": layer(
        "{type: Crop, size: ¦[8, 9]}", "keeps 9 positions of axis 2, which has 8"
    ),
    "missing key": layer("¦{type: Conv2d, out_channels: 8}", "`kernel_size` is missing"),
    "no type": layer("¦{out_channels: 8}", "`type` is missing"),
    "a layer that is a number": layer("¦7", "a layer is a word"),
    "wrong type": layer(
        "{type: Conv2d, out_channels: ¦many, kernel_size: 3}", "out_channels needs a whole number, got 'many'"
    ),
    "a fraction": layer(
        "{type: Conv2d, out_channels: ¦8.5, kernel_size: 3}", "out_channels needs a whole number, got 8.5"
    ),
    "true as a number": layer(
        "{type: Linear, out_features: ¦true}", "out_features needs a whole number, got true"
    ),
    "a mapping as a number": layer(
        "{type: Linear, out_features: ¦{a: 1}}", "out_features needs a whole number, got a mapping"
    ),
    "too many sizes": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: ¦[3, 3, 3]}", "3 values for 2 axes"
    ),
    "zero size": layer("{type: Linear, out_features: ¦0}", "out_features needs at least 1, got 0"),
    "negative size": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: ¦-3}", "kernel_size needs at least 1, got -3"
    ),
    "negative padding": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: ¦-1}", "padding needs at least 0, got -1"
    ),
    "zero stride": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, stride: ¦0}", "stride needs at least 1, got 0"
    ),
    "zero input": bad("inputs: {x: [3, ¦0, 8]}\nlayers: [ReLU]\n", "inputs.x: a size is at least 1, got 0"),
    "negative input": bad("inputs: {x: [3, ¦-8, 8]}\nlayers: [ReLU]\n", "got -8"),
    "groups": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, groups: ¦2}",
        "3 input channels do not divide into 2 groups",
        "reads [3, 8, 8] from x",
    ),
    "groups and outputs": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, groups: ¦3}", "8 output channels", "3 groups"
    ),
    "kernel larger than the padded input": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: ¦11, padding: 1}",
        "kernel 11 is larger than the padded input 10 (8 + 1 + 1)",
    ),
    "dilated kernel larger": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: ¦3, dilation: 4}",
        "spans 9 positions, more than the padded input 8 (8 + 0 + 0)",
    ),
    "written channels": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, in_channels: ¦4}",
        "in_channels is 4, but 3 arrive",
        "reads [3, 8, 8] from x",
    ),
    "same with stride": layer(
        "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: ¦same, stride: 2}", "same", "stride 2"
    ),
    "pool padding": layer("{type: MaxPool2d, kernel_size: 2, padding: ¦2}", "padding 2", "half of kernel 2"),
    "channels first": layer(
        "¦{type: Conv1d, out_channels: 2, kernel_size: 1}", "needs 2 axes (C, L), got 3: [3, 8, 8]"
    ),
    "unknown from": layers(
        "{type: ReLU, name: stem}",
        "{type: ReLU, from: ¦stme}",
        words=(
            "'stme'",
            "did you mean 'stem'?",
        ),
    ),
    "from a layer below": layers(
        "{type: ReLU, from: ¦later}",
        "{type: ReLU, name: later}",
        words=(
            "'later'",
            "cycle",
        ),
    ),
    "from itself": layer("{type: ReLU, name: me, from: ¦me}", "'me'", "cycle"),
    "empty from": layer("{type: Add, from: ¦[]}", "at least 1"),
    "merge mismatch": layers(
        "{type: Conv2d, name: a, out_channels: 8, kernel_size: 3}",
        "{type: Add, from: ¦[a, x]}",
        words=(
            "[8, 6, 6]",
            "[3, 8, 8]",
        ),
    ),
    "concat mismatch": layers(
        "{type: Conv2d, name: a, out_channels: 8, kernel_size: 3}",
        "{type: Concat, from: ¦[a, x]}",
        words=(
            "[8, 6, 6]",
            "[3, 8, 8]",
            "axis 1",
        ),
    ),
    "merge of one": layer("¦Add", "joins 2 or more inputs, got 1"),
    "branches that nothing joins": layer(
        "{type: Branches, merge: {type: Add, when: ¦false}, branches: [[ReLU], [Tanh]]}",
        "the merge is left out: nothing joins the 2 branches",
    ),
    "branches of which all is left out": layer(
        "{type: Branches, merge: {type: Add, when: ¦=1 > 2}, branches: [[], []]}",
        "nothing joins the 2 branches",
    ),
    "a shortcut that nothing joins": layer(
        "{type: Residual, merge: {type: Add, when: ¦false}, body: [ReLU], shortcut: [Tanh]}",
        "nothing reads what the shortcut makes",
    ),
    "duplicate names": layers(
        "{type: ReLU, name: a}",
        "{type: ReLU, name: ¦a}",
        words=(
            "duplicate name 'a'",
            "line 3",
        ),
    ),
    "the name of an input": layer("{type: ReLU, name: ¦x}", "duplicate name 'x'", "line 1"),
    "a name that is a number taken": layer(
        "{type: Sequential, numbered: true, layers: [{type: ReLU, name: 0}, ¦ReLU]}",
        "duplicate name '0'",
        "line 3",
    ),
    "a star that matches nothing": layers(
        "{type: ReLU, name: a}", "{type: Add, from: ¦a.*.skip}", words=("'a' has no layers inside",)
    ),
    "tokens to an LSTM": bad(
        "inputs: {t: {shape: [5], dtype: int64}}\nlayers:\n  - ¦{type: LSTM, hidden_size: 4}\n",
        "needs a floating point input, got int64",
        "Embedding",
    ),
    "real numbers to an Embedding": layer(
        "¦{type: Embedding, num_embeddings: 9, embedding_dim: 4}",
        "needs whole numbers (int64 or int32), got float32",
    ),
    "an image to a GRU": layer("¦{type: GRU, hidden_size: 4}", "needs 2 axes (steps, features), got 3"),
    "a projection that grows": bad(
        "inputs: {x: [5, 4]}\nlayers:\n  - {type: LSTM, hidden_size: 4, proj_size: ¦9}\n",
        "proj_size 9 is not smaller than hidden_size 4",
    ),
    "a first state of another size": bad(
        "inputs: {x: [5, 4], h: [1, 3]}\nlayers:\n  - {type: GRU, hidden_size: 4, from: ¦[x, h]}\n",
        "h_0 has shape [1, 3], but [1, 4] is needed",
    ),
    "an LSTM with half of its state": bad(
        "inputs: {x: [5, 4], h: [1, 4]}\nlayers:\n  - {type: LSTM, hidden_size: 4, from: ¦[x, h]}\n",
        "takes 1 input, or 3 with h_0 and c_0, got 2",
    ),
    "very many recurrent layers": bad(
        "inputs: {x: [5, 4]}\nlayers:\n  - {type: LSTM, hidden_size: 4, num_layers: ¦1000000000}\n",
        "num_layers needs at most 1024, got 1000000000",
    ),
    "a token outside the table": bad(
        "inputs: {t: {shape: [5], dtype: int64}}\nlayers:\n"
        "  - {type: Embedding, num_embeddings: 9, embedding_dim: 4, padding_idx: ¦9}\n",
        "padding_idx 9 is outside the 9 embeddings",
    ),
    "a star past the right name": layers(
        "{type: ReLU, name: a, repeat: 2}", "{type: Add, from: ¦a.*.skip}", words=("'a.0'", "'skip'")
    ),
    "a name without quotes in an expression as a source": layers(
        "{type: ReLU, name: a}", "{type: ReLU, from: ¦=a if true else x}", words=("unknown name 'a'",)
    ),
    "a number as a source": layer("{type: ReLU, from: ¦=1.5}", "from needs names of layers, got 1.5"),
    "another shape than is expected": layer("{type: ReLU, expect: ¦[4]}", "comes out, but [4] is expected"),
    "an expected shape of an unknown output": layer("{type: ReLU, expect: {h_n: ¦[4]}}", "'h_n'"),
    "a branch that is left out": layer(
        "{type: Branches, branches: {¦a: [{type: ReLU, when: false}], b: [ReLU]}}", "branch a", "Identity"
    ),
    "an output of a block that it does not have": bad(
        "blocks:\n  b: {layers: [ReLU], outputs: {low: ¦lo}}\n" + HEAD + "  - {type: b}\n", "'lo'"
    ),
    "a Vmap along an axis that there is not": layer(
        "{type: Vmap, in_dims: ¦7, layers: [ReLU]}", "in_dims is 7"
    ),
    "a block of one input that reads two": bad(
        "blocks:\n  both: {layers: [{type: Add, from: input}]}\n"
        + HEAD
        + "  - {type: ReLU, name: a}\n  - {type: both, from: ¦[x, a]}\n",
        "takes 1 input, got 2",
        "or let block 'both' name them: inputs: [a, b ...]",
    ),
    "a star alone": layer("{type: Add, from: ¦'*'}", "unknown name '*'"),
    "stars over and over": bad(
        "blocks:\n  b: {layers: [¦{type: Add, from: [a.*, a.*]}]}\n"
        + HEAD
        + "  - {type: ReLU, name: a, repeat: 9999}\n  - {type: b, repeat: 9}\n",
        "more than 8,0",
    ),
    "dots in a row": layer("{type: ReLU, name: ¦a..b}", "a..b"),
    "giant repeat": layer("{type: ReLU, repeat: ¦1000000000}", "2,000,000", "1000000000"),
    "negative repeat": layer("{type: ReLU, repeat: ¦-1}", "-1"),
    "nested repeats": bad(
        "blocks:\n  b: {layers: [¦{type: ReLU, repeat: 9999}]}\n" + HEAD + "  - {type: b, repeat: 9999}\n",
        "more than 2,000,000 layers",
    ),
    "nested repeats of nothing": bad(
        "blocks:\n  b: {layers: [¦{type: ReLU, when: false, repeat: 9999}]}\n"
        + HEAD
        + "  - {type: b, repeat: 9999}\n",
        "more than 8,0",
    ),
    "a block in itself": bad(
        "blocks:\n  b: {layers: [{type: ¦b}]}\n" + HEAD + "  - b\n", "block 'b' contains itself"
    ),
    "giant power": layer("{type: Linear, out_features: ¦=9**9**9}", "9 ** 387420489 is too large"),
    "giant product": layer(f"{{type: Linear, out_features: ¦={'*'.join(['9999999999'] * 40)}}}", "too large"),
    "giant number": layer(f"{{type: Linear, out_features: ¦{'9' * 5000}}}", "5000 characters"),
    "an attribute": layer(
        "{type: Linear, out_features: ¦=().__class__}", "attribute access (.__class__) is not allowed"
    ),
    "a call": layer("{type: Linear, out_features: ¦=open('x')}", "calls of open are not allowed"),
    "an import": layer(
        "{type: Linear, out_features: ¦=__import__('os').system('true')}",
        "calls of attribute access are not allowed",
    ),
    "a comprehension": layer(
        "{type: Linear, out_features: ¦'=[0 for i in [1]]'}", "a comprehension is not allowed"
    ),
    "a lambda": layer("{type: Linear, out_features: ¦'=(lambda: 1)()'}", "calls of lambda"),
    "a string product": layer(
        "{type: Linear, out_features: ¦'=min([1] * 1000000000)'}", "needs numbers, got [1]"
    ),
    "division by zero": layer("{type: Linear, out_features: ¦=1 // 0}", "zero"),
    "unknown variable": bad(
        "vars: {width: 3}\n" + HEAD + "  - {type: Linear, out_features: ¦=widht}\n",
        "unknown name 'widht'",
        "did you mean 'width'?",
    ),
    "deep expression": layer(
        f"{{type: Linear, out_features: ¦={'(' * 500}1{')' * 500}}}", "1001 characters, at most 500"
    ),
    "a word for a flag": layer("{type: ReLU, when: ¦maybe}", "maybe"),
    "unknown output": bad(HEAD + "  - {type: ReLU, name: a}\noutputs: [¦b]\n", "'b'"),
    "unknown argument of a block": bad(
        "blocks:\n  b: {args: {width: required}, layers: [ReLU]}\n" + HEAD + "  - {type: b, ¦widht: 3}\n",
        "widht",
        "did you mean 'width'?",
    ),
    "missing argument of a block": bad(
        "blocks:\n  b: {args: {width: required}, layers: [ReLU]}\n" + HEAD + "  - ¦b\n", "`width` is missing"
    ),
    "bad budget": bad(HEAD + "  - ReLU\nbudgets: {params: ¦lots}\n", "12M", "lots"),
    "unknown tie": layer("{type: ReLU, tie: ¦emb}", "'emb'"),
    "tie of other shapes": layers(
        "{type: Linear, name: a, out_features: 4}",
        "{type: Linear, tie: ¦a, out_features: 5}",
        words=(
            "[5, 4]",
            "[4, 8]",
        ),
    ),
    "yaml tag": layer("¦!!python/object/apply:os.system ['true']", "tag"),
    "binary tag": layer("{type: ¦!!binary aGVsbG8=}", "tag"),
    "an undefined alias": layer("¦*nowhere", "nowhere"),
    "an alias to itself": layer("&a [¦*a]", "stands inside the value"),
    "a variable that is no identifier": bad(
        "vars: {width: 3, ¦1w: 3}\n" + HEAD + "  - ReLU\n", "vars.1w", "cannot stand in an expression"
    ),
    "a variable that is a keyword": bad(
        "vars: {¦if: 3}\n" + HEAD + "  - ReLU\n", "'if' cannot stand in an expression"
    ),
    "a reserved argument": bad(
        "blocks:\n  b: {args: {width: 3, ¦name: 3}, layers: [ReLU]}\n" + HEAD + "  - b\n",
        "argument 'name' has a meaning of its own",
    ),
    "a block with a kind's name": bad(
        "blocks:\n  b: {layers: [ReLU]}\n  ¦ReLU: {layers: [ReLU]}\n" + HEAD + "  - b\n",
        "block 'ReLU' would hide the layer kind",
    ),
    "a branch that is a word": layer(
        "{type: Branches, branches: {a: [ReLU], b: ¦ReLU}}", "needs a list, got 'ReLU'"
    ),
    "branches that are a word": layer("{type: Branches, branches: ¦ReLU}", "a list or a mapping of branches"),
    "a branch with a dotted name": layer("{type: Branches, branches: {a: [ReLU], ¦b.c: [ReLU]}}", "'b.c'"),
    "a variable of a faulty one": bad(
        "vars: {a: ¦=x, b: =a * 2, c: '=[b, b]'}\n" + HEAD + "  - {type: Linear, out_features: =c}\n",
        "unknown name 'x'",
    ),
    "other numbers in every turn": layer(
        "{type: Conv2d, out_channels: ¦=2 ** (64 + i), kernel_size: 1, repeat: 9999}", "2 ** 64 is too large"
    ),
    "not a number": layer("{type: Dropout, p: ¦.nan}", "got .nan"),
    "torch's own path": layer("¦torch.nn.Conv2D", "did you mean 'Conv2d'?"),
    "arguments in brackets": layer(
        "¦Conv2d(3, 4, 5)", "did you mean 'Conv2d'?", "{type: Conv2d, kernel_size: 3}"
    ),
    "equally near kinds": layer("¦Conv", "did you mean 'Conv1d' or 'Conv2d' or 'Conv3d'?"),
    "a kind like no other": layer("¦Qzxvk9", "`archcalc layers` lists the kinds and blocks"),
    "a power as in mathematics": layer("{type: Linear, out_features: ¦=2 ^ 3}", "operator ^", "written **"),
    "a name of true": layer("{type: ReLU, name: ¦true}", "a name is a text, got true"),
    "many axes": bad(
        f"inputs: {{x: ¦[{'1, ' * 40_000}]}}\nlayers: [{{type: ReLU, repeat: 9999}}]\n",
        "at most 16 sizes, got 40000",
    ),
    "an axis each time": layer(
        "¦{type: Unsqueeze, dim: 0, repeat: 99999}", "output has 65 axes, the most is 64"
    ),
    "a long name": layer(f"{{type: ReLU, name: ¦{'a' * 1_000_000}, repeat: 9999}}", "at most 100"),
    "a long kind": layer(f"{{type: ¦{'a' * 1_000_000}, repeat: 9999}}", "at most 510 characters"),
    "a long key": layer(f"{{type: ReLU, ? ¦{'a' * 1_000_000} : 3}}", "unknown key 'aaa"),
    "a long reference": layer(f"{{type: ReLU, from: ¦{'a.' * 500_000}}}", "(1,000,015 characters)"),
    "a long text in an expression": bad(
        f"vars: {{w: {'a' * 1_000_000}}}\n"
        + HEAD
        + "  - {type: Linear, repeat: 9999, out_features: ¦=w + 1}\n",
        "'+' needs numbers, got 'aaa",
    ),
    "names inside one another": layer(
        "{type: Sequential, name: "
        + "a" * 99
        + ", layers: ["
        + f"{{type: Sequential, name: {'a' * 99}, layers: [" * 9
        + "{type: Sequential, name: b, layers: [¦ReLU]}"
        + "]}" * 10,
        "names inside one another make more than 1,000 characters",
    ),
    "a list that grows as a power": bad(
        "vars: {w0: 1, "
        + ", ".join(f"w{i + 1}: {'¦' * (i == 4)}'=[w{i}, w{i}, w{i}]'" for i in range(60))
        + "}\n"
        + HEAD
        + "  - {type: Linear, out_features: =w60}\n",
        "a list has more than 256 entries",
    ),
    "a list of lists": bad(
        "vars: {w: ["
        + "1, " * 250
        + "]}\n"
        + HEAD
        + "  - {type: Linear, repeat: 9999, out_features: ¦["
        + "=w, " * 999
        + "]}\n",
        "a list has more than 256 entries",
    ),
    "a null layer": layer("¦null", "a layer is a word"),
    "a key that is a list": layer("{type: ReLU, ¦[1, 2]: 3}", "a key must be text"),
}
"""Name of a case -> the case; those made of bytes or of size stand in the test."""
