"""The commands and their options, by what they are about. What they do is done elsewhere."""
