"""What a document may hold at most, so that every text is refused or read in little time and memory."""

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 100  # lists and mappings inside one another
MAX_VALUES = 50_000  # lists and mappings count too, and an alias counts as all that it stands for
MAX_INTEGER = 2**63 - 1
TOO_LARGE = (
    f"the text is larger than {MAX_BYTES} bytes (4 MiB)",
    "write long networks with repeat and blocks",
)
TOO_MANY = (f"there are more than {MAX_VALUES} values, with aliases written out", TOO_LARGE[1])
TOO_DEEP = (f"lists and mappings nest more than {MAX_DEPTH} deep", "close brackets, or indent less deeply")
