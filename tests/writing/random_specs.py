"""Random specs as plain data, full of texts that YAML could read as something else."""

from hypothesis import strategies as st

from archcalc.source.limits import MAX_INTEGER
from archcalc.spec import COMMON_KEYS, CONTAINERS
from archcalc.spec.goals import LOSSES, TASKS

HOSTILE = (
    *("", " ", "null", "~", "yes", "no", "true", "False", "1e3", "0x1f", "0o7", "007", "-1", "+1", ".5", "."),
    *("1_000", "12:30", "2020-01-01", ".inf", ".NaN", "<<", "=", "---", "...", "%YAML", "9" * 30, "1" * 5000),
    *("=a, b", "=[a, b][i]", "=a: b", "={a}", "=a #b", "=a#b", "  =a", '="x" if a else None', "=x['a']"),
    *(
        "'",
        '"',
        "''",
        "'a' b",
        '"a" b',
        "\\",
        "\\n",
        "it's",
        'say "so"',
        "a\nb",
        'a"\nb',
        "a\n\n b\n",
        "\t",
        "a\tb",
    ),
    *(
        "- a",
        "-",
        "? a",
        "?",
        "a: b",
        "a:",
        ":a",
        "a:b",
        "[a]",
        "{a}",
        "a]",
        "a,b",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
    ),
    *("%a", "@a", "`a", "# a", "a # b", "a#b", " a", "a ", "\0", "\x07", "\x7f", "\x85", "\u2028", "\ufeff"),
    *("é", "日本", "😀", "\ufffe", "\U0010ffff", "\xa0", "long " * 100, "\x01" * 400, "k" * 1500),
)
NAMES = (
    "0",
    "00",
    "7",
    "1e3",
    "null",
    "yes",
    "true",
    "0x10",
    "1_000",
    "a-b",
    "-"[:0] + "a-",
    "_",
    "9" * 30,
    "no",
)
UNITS = ("", "k", "K", "M", "G", "B", "T", "KB", "MB", "KiB", "TiB")
Texts = st.SearchStrategy[str]
Things = st.SearchStrategy[object]
Mappings = st.SearchStrategy[dict[str, object]]

WORDS: Texts = st.sampled_from(
    ("Conv2d", "ReLU", "Concat", "Bottleneck", "layer1", "width", "=width * 2", "required")
)

texts: Texts = st.one_of(WORDS, st.sampled_from(HOSTILE), st.text(max_size=12))
names: Texts = st.one_of(
    st.sampled_from(NAMES), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,9}", fullmatch=True)
)
dotted: Texts = st.one_of(
    names,
    st.lists(names, min_size=2, max_size=4).map(".".join),
    st.sampled_from(("1.0", "l_{i + 1}", "{a}.b{b}")),
)
expressions: Texts = st.builds(str.__add__, st.sampled_from(("=", " =", "= ")), texts)
scalars: Things = st.one_of(
    st.none(), st.booleans(), st.integers(-MAX_INTEGER, MAX_INTEGER), st.floats(), texts, expressions
)


def collections(inner: Things) -> Things:
    """Lists, long ones too, and mappings."""
    return st.one_of(st.lists(inner, max_size=20), st.dictionaries(texts, inner, max_size=4))


values: Things = st.recursive(scalars, collections, max_leaves=25)
references: Things = st.one_of(names, texts, st.lists(st.one_of(names, texts), min_size=1, max_size=20))
identifiers: Texts = st.from_regex(r"[a-zé_][a-z0-9_]{0,8}", fullmatch=True).map(lambda name: f"v_{name}")
codes: Things = st.lists(texts, max_size=3)
sizes: Things = st.one_of(
    st.lists(st.one_of(st.integers(-9, MAX_INTEGER), expressions), max_size=16), expressions
)
leaving: Things = st.one_of(
    st.lists(names, min_size=1, max_size=3, unique=True),
    st.dictionaries(names, texts, min_size=1, max_size=3),
)
common: Mappings = st.fixed_dictionaries(
    {},
    optional={
        "name": dotted,
        "from": references,
        "repeat": st.one_of(st.integers(0, MAX_INTEGER), expressions),
        "when": st.one_of(st.booleans(), expressions),
        "frozen": st.one_of(st.booleans(), expressions),
        "tie": texts,
        "expect": st.one_of(sizes, st.dictionaries(texts, sizes, min_size=1, max_size=2)),
        "note": texts,
        "ignore": codes,
    },
)


def merged(*parts: dict[str, object]) -> dict[str, object]:
    """One mapping of several."""
    return {key: value for part in parts for key, value in part.items()}


kinds: Texts = texts.filter(lambda text: len(text) <= 510 and text not in CONTAINERS)
leaves: Things = st.one_of(
    kinds,
    st.builds(
        merged,
        st.dictionaries(texts.filter(lambda key: key not in COMMON_KEYS), values, max_size=4),
        common,
        st.fixed_dictionaries({"type": kinds}),
    ),
)


def containers(inner: Things) -> Things:
    """Containers of layers, with the keys that they may have."""
    layers: Things = st.lists(inner, max_size=3)
    branches: Things = st.one_of(
        st.lists(layers, min_size=1, max_size=3), st.dictionaries(names, layers, min_size=1, max_size=3)
    )
    sequential: Mappings = st.fixed_dictionaries(
        {"type": st.just("Sequential"), "layers": layers},
        optional={"numbered": st.booleans(), "reopen": st.booleans()},
    )
    residual: Mappings = st.fixed_dictionaries(
        {"type": st.just("Residual"), "body": layers}, optional={"shortcut": layers, "merge": inner}
    )
    branching: Mappings = st.fixed_dictionaries(
        {"type": st.just("Branches"), "branches": branches}, optional={"merge": inner}
    )
    mapped: Mappings = st.fixed_dictionaries(
        {"type": st.just("Vmap"), "layers": layers},
        optional={"in_dims": st.one_of(st.integers(-9, 9), expressions)},
    )
    state: Things = st.one_of(
        st.fixed_dictionaries({"next": texts, "shape": sizes}),
        st.fixed_dictionaries({"next": texts, "from": texts}),
    )
    scanning: Mappings = st.fixed_dictionaries(
        {
            "type": st.just("Scan"),
            "states": st.dictionaries(names, state, min_size=1, max_size=2),
            "layers": layers,
        },
        optional={"inputs": st.lists(names, max_size=2), "outputs": leaving},
    )
    own = st.one_of(sequential, residual, branching, mapped, scanning)
    return st.builds(merged, own, common)


layer: Things = st.recursive(leaves, containers, max_leaves=8)


def limit(sign: str, whole: int, rest: str, unit: str) -> str:
    """A limit of a budget as it is written."""
    return f"{sign}{whole}{rest}{unit}"


limits: Texts = st.builds(
    limit,
    st.sampled_from(("", "<=", ">= ", "< ", ">", "==")),
    st.integers(0, 10**18 - 1),
    st.one_of(st.just(""), st.integers(0, 10**18 - 1).map(lambda digits: f".{digits}")),
    st.sampled_from(UNITS),
)
metrics: Texts = st.sampled_from(("params", "trainable_params", "macs", "flops", "receptive_field"))
scopes: Mappings = st.dictionaries(texts, st.dictionaries(metrics, limits, max_size=2), max_size=2)
budgets: Mappings = st.builds(
    merged,
    st.dictionaries(metrics, limits, max_size=3),
    st.fixed_dictionaries({}, optional={"scopes": scopes}),
)
shapes: Things = st.lists(st.one_of(st.integers(-9, MAX_INTEGER), expressions), min_size=1, max_size=16)
inputs: Things = st.dictionaries(
    names,
    st.one_of(
        shapes, st.fixed_dictionaries({"shape": shapes, "dtype": st.sampled_from(("int64", "float32"))})
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, object]:
    """A block, whose remarks are about its arguments."""
    arguments = draw(st.dictionaries(identifiers, values, max_size=3))
    about: dict[str, str] = (
        draw(st.dictionaries(st.sampled_from(sorted(arguments)), texts)) if arguments else {}
    )
    rest: dict[str, object] = draw(
        st.fixed_dictionaries(
            {"layers": st.lists(layer, max_size=3)},
            optional={
                "inputs": st.lists(names, max_size=3),
                "outputs": leaving,
                "note": texts,
                "paper": texts,
                "params": expressions,
            },
        )
    )
    return {"args": arguments, "about": about, **rest}


own: Mappings = st.fixed_dictionaries({"custom": texts.filter(bool)})
specs: Mappings = st.fixed_dictionaries(
    {"inputs": inputs, "layers": st.lists(layer, min_size=1, max_size=4)},
    optional={
        "name": texts,
        "note": texts,
        "task": st.one_of(st.none(), st.sampled_from(TASKS), own),
        "loss": st.one_of(st.none(), st.sampled_from(sorted(LOSSES)), own),
        "min_receptive_field": st.integers(1, MAX_INTEGER),
        "vars": st.dictionaries(identifiers, values, max_size=4),
        "blocks": st.dictionaries(names.map(lambda name: f"b{name}"[:90]), blocks(), max_size=2),
        "outputs": references,
        "training": st.fixed_dictionaries({}, optional={"batch_size": st.integers(1, 9)}),
        "budgets": budgets,
        "ignore": codes,
    },
)
