"""Random specs, made in memory, of plain data or from damaged texts, read as the same again."""

from hypothesis import given, settings

from archcalc import SpecError, load, loads
from archcalc.loading import Model
from archcalc.source import parse
from archcalc.source.comments import comments
from archcalc.spec import Block
from archcalc.validation.documents import validated
from archcalc.writing import write, write_block
from tests.hostile.test_fuzz import damaged
from tests.samples import samples
from tests.writing.random_specs import blocks, specs

WORK = settings(max_examples=samples(200), deadline=None, print_blob=True)


@WORK
@given(specs)
def test_a_random_spec_reads_as_the_same(data: dict[str, object]) -> None:
    model = load(data)
    for text in (write(model), write(model.spec)):
        again = loads(text)
        assert repr(again.spec) == repr(model.spec), text  # 1 is not True here, and a nan is itself
        assert write(again) == text


@WORK
@given(blocks())
def test_a_random_block_reads_as_the_same(data: dict[str, object]) -> None:
    block = Block.model_validate(data)
    text = write_block(block)
    document = parse(text, "block.yaml")
    again = validated(Block, document)
    assert repr(again) == repr(block), text
    assert write_block(again, document) == text


@WORK
@given(damaged())
def test_a_damaged_text_reads_as_the_same(text: str) -> None:
    """Anchors, quotes and comments at odd places: what can be read is kept, comments too."""
    try:
        model = loads(text)
    except SpecError:
        return
    once = write(model)
    again = loads(once)
    assert repr(again.spec) == repr(model.spec), once
    assert write(again) == once
    assert said(again) == said(model), once


def said(model: Model) -> list[str]:
    """The comments, those that came to stand behind one another on a line apart."""
    found = (f" {comment.text}".split(" #") for comment in comments(model.document, ""))
    return sorted(part.strip() for parts in found for part in parts if part.strip())
