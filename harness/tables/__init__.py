"""Tables of examples that are drawn: values of many columns crossed, as no hand would cross them.

A table is declared once: its columns, what cannot stand together, and which scenario outline
carries out a row under which requirement. Its rows stand in the features as ordinary examples.

Imports `domain`, `catalogue`, `wire`, `gherkin`. Begin with `covering`.
"""
