"""Cures and hints in the words of Python."""

import re

import pytest

from archcalc.cures.changes import (
    Cure,
    DropKey,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.cures.python_words import in_python, python_said, python_words
from archcalc.importing.imported import python_document
from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import RULES, rules
from archcalc.tracing.records import Origin
from tests.importing.by_hand import CONV, chain

DOCUMENT = python_document(
    chain(
        "net.py",
        (3, "conv", "Conv2d", {**CONV}),
        (4, "bn", "BatchNorm2d", {}),
        (3, "again", "Conv2d", {**CONV}),
    )
)
CONV_AT, NORM_AT, AGAIN_AT = (Origin(DOCUMENT, ("layers", index)) for index in range(3))
PLACE = DOCUMENT.place(CONV_AT.path)


@pytest.mark.parametrize(
    ("cure", "words"),
    [
        (Cure((SetKey(CONV_AT, "bias", "false"),)), "write bias=False in this call"),
        (
            Cure((SetKey(CONV_AT, "bias", "false"), SetKey(AGAIN_AT, "bias", "false"))),
            "write bias=False in this call",
        ),
        (
            Cure((SetKey(CONV_AT, "padding", "[1, 2]"), SetKey(CONV_AT, "p", "null"))),
            "write padding=(1, 2), p=None in this call",
        ),
        (
            Cure((SetKey(NORM_AT, "eps", "1.0e-3"),), "why"),
            "write eps=0.001 where bn (net.py:4) is built: why",
        ),
        (Cure((SetKey(CONV_AT, "type", "LogSoftmax"),)), "write LogSoftmax for it"),
        (
            Cure((SetKey(CONV_AT, "causal", "true"),)),
            "give it a causal mask where it is called (attn_mask or is_causal=True)",
        ),
        (Cure((DropKey(CONV_AT, "dilation"),)), "leave out dilation in this call"),
        (
            Cure((RenameKey(CONV_AT, "channels", "out_channels"),)),
            "write out_channels for channels in this call",
        ),
        (Cure((RemoveEntry(NORM_AT), RemoveEntry(CONV_AT))), "remove bn (net.py:4) and remove it"),
        (Cure((Replace(CONV_AT, ("Sigmoid",)),)), "write Sigmoid() in the place of it"),
        (
            Cure((Insert(CONV_AT, ({"type": "Linear", "out_features": 3},), behind=True),)),
            "put Linear(out_features=3) behind it",
        ),
        (
            Cure((Insert(CONV_AT, ({"type": "Transpose", "dim0": 0, "dim1": -1},)),)),
            "put transpose(1, -1) in front of it",
        ),
        (Cure((Move(CONV_AT, NORM_AT, behind=True),)), "move it behind bn (net.py:4)"),
        (Cure((Wrap(CONV_AT, 2),)), "add what goes into it and the 1 behind it to what comes out"),
        (Cure((SetValue(("inputs", "x"), [3, 32, 32]),)), "give --input x=3,32,32"),
        (Cure((SetValue(("inputs", "x"), {"shape": [35], "dtype": "int64"}),)), "give --input x=35"),
        (Cure((SetValue(("loss",), "NLLLoss"),)), "give --loss NLLLoss"),
        (Cure((SetValue(("outputs",), ["conv", "bn"]),)), "return what conv and bn give"),
        (Cure((RemoveEntry(CONV_AT), SetValue(("outputs",), ["bn"]))), "remove it"),
        (Cure((SetKey(NORM_AT, "from", "conv"), RemoveEntry(CONV_AT))), "remove it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cure(cure: Cure, words: str) -> None:
    assert python_words(cure, PLACE) == words


def test_several_cures_are_lines_each_once() -> None:
    same = Cure((SetKey(CONV_AT, "bias", "false"),))
    said = python_said(
        [same, Cure((SetKey(AGAIN_AT, "bias", "false"),)), Cure((RemoveEntry(NORM_AT),))], PLACE
    )
    assert said == "write bias=False in this call\nor remove bn (net.py:4)"


@pytest.mark.parametrize(
    ("yaml", "python"),
    [
        ("write bias: false; nothing changes", "write bias=False; nothing changes"),
        ("put the norms in front (norm_first: true), and", "put the norms in front (norm_first=True), and"),
        ("write image: [3, 512, 512], channels", "write image=(3, 512, 512), channels"),
        ("remove it, or write loss: NLLLoss", "remove it, or give --loss NLLLoss"),
        ("put {type: Transpose, dim0: 0, dim1: 1} in front", "put transpose(1, 2) in front"),
        ("write dim: 0, torch's dim 1 with the batch in front: [32, 64, 64]", "write dim=1: [32, 64, 64]"),
        ("write tie: wte", "let it share the weight of wte"),
        ("fill up to 50,304: 47 rows of 768", "fill up to 50,304: 47 rows of 768"),
    ],
)
def test_a_hint(yaml: str, python: str) -> None:
    assert in_python(yaml) == python


@pytest.mark.parametrize("code", sorted(set(RULES) - {"AC001", "AC002", "AC003"}))
def test_no_rule_tells_a_reader_of_python_to_write_yaml(code: str) -> None:
    (rule,) = (each for each in rules() if each.code == code)
    for bad in rule.bad:
        for found in check_text(bad.text, "spec.yaml", frozenset({code})).findings:
            for text in (found.message, found.consequence, found.hint):
                told = in_python(text)
                assert not re.search(
                    r": (true|false|null)\b|\{type:|`(from|when|outputs|loss|vars|ignore)`|\btie:|write =",
                    told,
                ), told
