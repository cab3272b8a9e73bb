"""What one rule finds in a text."""

from archcalc.rules.engine.checking import check_text


def found(code: str, text: str) -> list[tuple[str, str]]:
    """Name and kind, or path, beside the message, of everything that a rule finds."""
    checked = check_text(text, "a.yaml", frozenset({"AC001", code}))
    assert checked.context is not None, checked.findings
    assert not checked.notes
    return [(each.subject, each.message) for each in checked.findings]


def subjects(code: str, text: str) -> list[str]:
    """The names of the layers, or the paths, about which a rule has a finding."""
    return [subject.split(" ", maxsplit=1)[0] for subject, _ in found(code, text)]
