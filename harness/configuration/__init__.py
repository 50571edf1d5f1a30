"""Files of a user's that are read by a model: what they may say, what is wrong, and the page.

The model is a frozen dataclass whose fields say what they hold (`kinds`) and mean (the text below
each). `model` reads a file by it with pydantic and tells all that is wrong at once; schema and
page come from the same model.

Imports `domain`, `files`. Begin with `model`.
"""
