"""What the commands do, as functions of Python: reports that are short in a shell, tables in a notebook."""
