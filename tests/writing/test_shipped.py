"""Every shipped spec and block, written: the same model, network and comments, nearly the same text."""

from difflib import SequenceMatcher
from random import Random
from typing import TYPE_CHECKING

import pytest

from archcalc import load, loads, trace, zoo
from archcalc.rules.entries import entries
from archcalc.source import parse
from archcalc.source.comments import comments
from archcalc.spec import Block, Spec
from archcalc.tracing import library
from archcalc.validation.documents import validated
from archcalc.writing import write, write_block
from tests.blocks.test_blocks import CASES, traced

if TYPE_CHECKING:
    from archcalc.source import Document, Path
    from archcalc.tracing import Trace
    from tests.blocks.case import Case

SPECS = zoo.names()
BLOCKS = sorted(library.block_names())
EXACT = 110
"""Of the 118 shipped files those that are written as they stand, character by character."""


def read_block(text: str) -> "tuple[Block, Document]":
    document = parse(text, "block.yaml")
    return validated(Block, document), document


def rewritten(text: str, kind: str) -> str:
    return write(loads(text)) if kind == "spec" else write_block(*read_block(text))


def shipped() -> list[tuple[str, str, str]]:
    specs = [("spec", name, load(name).document.text) for name in SPECS]
    return [*specs, *(("block", name, library.block(name)[1].text) for name in BLOCKS)]


def plain(network: "Trace") -> object:
    """All of a trace but the places."""
    layers = [
        (layer.name, layer.type, layer.inputs, layer.facts, layer.frozen, layer.tied, layer.arguments)
        for layer in network.layers
    ]
    found = [(finding.source, finding.what) for finding in network.findings]
    return network.model, network.inputs, layers, network.outputs, network.scopes, found


@pytest.mark.parametrize("name", SPECS)
def test_the_spec_and_its_network_are_the_same(name: str) -> None:
    model = load(name)
    network = plain(trace(model))
    for text in (write(model), write(model.spec)):
        again = loads(text, model.document.file)
        assert again.spec == model.spec
        assert repr(again.spec) == repr(model.spec)  # True is not 1 here, and the order of branches counts
        assert plain(trace(again)) == network


@pytest.mark.parametrize("name", BLOCKS)
def test_the_block_is_the_same(name: str) -> None:
    block, document = library.block(name)
    for text in (write_block(block, document), write_block(block)):
        again, _ = read_block(text)
        assert again == block
        assert repr(again) == repr(block)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block} {dict(case.arguments)}")
def test_the_network_of_a_block_is_the_same(case: "Case", monkeypatch: pytest.MonkeyPatch) -> None:
    network = plain(traced(case))
    asked: list[str] = []

    def written(name: str) -> "tuple[Block, Document]":
        asked.append(name)
        return read_block(write_block(*library_block(name)))

    library_block = library.block
    monkeypatch.setattr(library, "block", written)
    assert plain(traced(case)) == network
    assert case.block in asked


def test_nearly_all_files_are_written_as_they_stand() -> None:
    same = {name: SequenceMatcher(None, text.splitlines(), rewritten(text, kind).splitlines(), autojunk=False)
            for kind, name, text in shipped()}  # fmt: skip
    ratios = {name: matcher.ratio() for name, matcher in same.items()}
    assert sum(ratio == 1 for ratio in ratios.values()) >= EXACT
    assert min(ratios.values()) > 0.9, sorted(ratios.items(), key=lambda item: item[1])[:3]


@pytest.mark.parametrize(("kind", "name", "text"), shipped())
def test_writing_is_a_fixed_point_and_keeps_comments(kind: str, name: str, text: str) -> None:
    once = rewritten(text, kind)
    assert rewritten(once, kind) == once, name
    assert len(once.splitlines()) <= len(text.splitlines())
    assert remarks(once, kind) == remarks(text, kind)


def remarks(text: str, kind: str) -> "list[tuple[Path, str]]":
    """Every comment, with the path of what it is about."""
    if kind == "spec":
        model = loads(text)
        document, paths = model.document, parts(model.spec)
    else:
        block, document = read_block(text)
        around = Spec.model_validate({"inputs": {"x": [1]}, "layers": ["ReLU"]})
        paths = parts(around.model_copy(update={"blocks": {"block": block}}), inside=2)
    return [(about(document, paths, comment.line), comment.text) for comment in comments(document, "")]


def parts(spec: Spec, inside: int = 0) -> "list[Path]":
    """Paths of layers, inputs and blocks, and of what stands at the top; ``inside`` a block, its own."""
    keys = [(name,) for name in (*Spec.model_fields, *Block.model_fields)]
    inputs = [("inputs", name) for name in spec.inputs]
    blocks = [("blocks", name) for name in spec.blocks]
    paths: list[Path] = [*inputs, *blocks, *(path for path, _ in entries(spec))]
    return [*keys, *(path[inside:] for path in paths)]


def about(document: "Document", paths: "list[Path]", line: int) -> "Path":
    """The path of the part that begins last at a line or above it."""
    begun = [
        (document.place(path, key=True).line, -len(path), path) for path in paths if reaches(document, path)
    ]
    return max((item for item in begun if item[0] <= line), key=lambda item: item[:2], default=(0, 0, ()))[2]


def reaches(document: "Document", path: "Path") -> bool:
    return document.at(path) is not None


@pytest.mark.parametrize("name", SPECS)
def test_comments_put_in_anywhere_stay_beside_their_layers(name: str) -> None:
    """Comments behind and between all lines, where no one ever thought of one, at random columns."""
    random = Random(name)  # noqa: S311  it is no secret
    lines: list[str] = []
    for number, line in enumerate(load(name).document.text.splitlines()):
        if random.random() < 0.3:
            lines.append(f"{' ' * random.randrange(9)}# mark above {number}")
        if random.random() < 0.1:
            lines += ["", "   "][: random.randrange(3)]
        behind = bool(line) and random.random() < 0.3
        lines.append(f"{line}{' ' * random.randrange(1, 5)}# mark behind {number}" if behind else line)
    text = "\n".join([*lines, "# mark at the end", "", "  # and further"])
    once = write(loads(text))
    before, after = remarks(text, "spec"), remarks(once, "spec")
    assert single(before) == single(after), f"the comments of:\n{text}"
    assert write(loads(once)) == once
    assert loads(once).spec == load(name).spec


def single(found: "list[tuple[Path, str]]") -> "list[tuple[Path, str]]":
    """Comments that came to stand behind one another on a line, apart."""
    return sorted(
        ((path, "#" + part.rstrip()) for path, text in found for part in f" {text}".split(" #")[1:]), key=str
    )
