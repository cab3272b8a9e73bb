"""The part of SARIF 2.1.0 that a log of archcalc can hold, as a JSON Schema.

Written from the text of the standard (OASIS, SARIF 2.1.0, sections 3.13 to 3.52): which properties the
objects have, which are required, their types, enumerations and lower limits. Properties that archcalc does
not write are left out, and so refused: whoever writes a new one looks it up first.
"""


def _object(required: tuple[str, ...] = (), **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def _list(items: object, *, unique: bool = False) -> dict[str, object]:
    return {"type": "array", "items": items, "uniqueItems": unique}


def _enum(*values: str) -> dict[str, object]:
    return {"enum": list(values)}


TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri-reference"}
ABSOLUTE = {"type": "string", "pattern": r"^(https|file)://[^\s#]*/rules\.md#[\w-]+$"}  # 3.49.12
FROM_1 = {"type": "integer", "minimum": 1}
LEVEL = _enum("none", "note", "warning", "error")
MESSAGE = _object(("text",), text=TEXT, markdown=TEXT)  # 3.11, 3.12
REGION = _object(  # 3.30
    ("startLine",),
    startLine=FROM_1,
    startColumn=FROM_1,
    endColumn=FROM_1,
    snippet=_object(("text",), text=TEXT),
)
PHYSICAL = _object(("artifactLocation",), artifactLocation=_object(("uri",), uri=URI), region=REGION)  # 3.29
LOCATION = _object(  # 3.28, 3.33
    (),
    physicalLocation=PHYSICAL,
    logicalLocations=_list(_object((), fullyQualifiedName=TEXT), unique=True),
)
SUPPRESSION = _object(("kind",), kind=_enum("inSource", "external"), justification=TEXT)  # 3.35
RESULT = _object(  # 3.27
    ("message",),
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=_list(LOCATION),
    suppressions=_list(SUPPRESSION, unique=True),
)
DESCRIPTOR = _object(  # 3.49, 3.50
    ("id",),
    id=TEXT,
    name=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    helpUri=ABSOLUTE,
    defaultConfiguration=_object((), enabled={"type": "boolean"}, level=LEVEL),
    properties=_object((), tags=_list(TEXT, unique=True)),
)
DRIVER = _object(  # 3.19
    ("name",),
    name=TEXT,
    version=TEXT,
    semanticVersion=TEXT,
    rules=_list(DESCRIPTOR, unique=True),
)
RUN = _object(  # 3.14
    ("tool",),
    tool=_object(("driver",), driver=DRIVER),
    columnKind=_enum("utf16CodeUnits", "unicodeCodePoints"),
    results=_list(RESULT),
)
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **_object(
        ("version", "runs"),
        **{"$schema": {"type": "string", "format": "uri"}, "version": _enum("2.1.0"), "runs": _list(RUN)},
    ),
}
