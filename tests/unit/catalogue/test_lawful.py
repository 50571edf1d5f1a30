"""What is known to be lawful besides: the variants, as a file for reports."""

from __future__ import annotations

import json

from harness.catalogue.lawful import FILE, lawful_besides
from harness.catalogue.requirements import REQUIREMENTS
from harness.reference.planting import VARIANTS, load


def test_the_file_has_every_variant() -> None:
    """If it is stale: `pairproof variants list --format json > harness/catalogue/variants.json`."""
    load()
    known = {(v["name"], v["requirement"], v["says"]) for v in json.loads(FILE.read_text("utf-8"))}
    assert known == {(v.name, v.requirement, v.says) for v in VARIANTS.entries.values()}


def test_each_choice_is_known_at_its_requirement() -> None:
    ids = [r.id for r in REQUIREMENTS]
    told = [sentence for id_ in ids for sentence in lawful_besides(id_)]
    assert sorted(told) == sorted(v.says for v in VARIANTS.entries.values())
    assert lawful_besides("NONE-1") == ()
