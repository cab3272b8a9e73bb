"""Rules against networks that were drawn at random when the rules stood: ``tests/signal/confirming.py``."""

from tests.signal.confirming import counted, judged, measured_rows, networks


def test_every_place_is_within_a_tenth_or_marked_and_few_are_marked() -> None:
    rows = measured_rows()
    assert {row["network"] for row in rows} == set(networks())
    found = list(judged(rows))
    words = counted(found)
    assert words.get("off", 0) == 0, [each for each in found if each.word == "off"]
    assert words["near"] > 700
    assert words.get("marked", 0) <= 2


def test_rules_that_are_off_are_seen() -> None:
    rows = [{**row, "gradient": str(2 * float(row["gradient"] or 0))} for row in measured_rows()]
    assert counted(list(judged(rows))).get("off", 0) > 100
