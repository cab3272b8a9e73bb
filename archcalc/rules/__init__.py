"""Design rules: one file each, with its reason, its source and its examples; ``registry`` lists them.

A rule reads a ``Context`` and yields findings. Everything around that (which rules run, what is suppressed,
fixes, output, the rule's page, its tests) is derived from the rule's record and its examples.
"""
