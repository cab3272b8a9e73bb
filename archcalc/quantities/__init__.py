"""What may be asked of a network as one number: each quantity with its name, its unit, how it is written.

Budgets, and whatever sorts, filters or wants, take their names from ``table.QUANTITIES``. A quantity's
``of`` reads a ``measuring.Measuring``, which does each analysis when it is first asked; ``numbers`` reads
``1M`` and ``24MiB``.
"""
