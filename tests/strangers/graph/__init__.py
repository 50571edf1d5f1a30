"""A stranger that speaks GraphQL: one address for all, documents, global ids, Relay connections,
enums in capitals, `userErrors` beside `errors`.

Edge hosts ask in the same way as people do, and each has its own address to ask from.
"""
