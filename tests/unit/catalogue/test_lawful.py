"""What is known to be lawful besides: the variants, as a file for reports."""

from __future__ import annotations

import json

from harness.catalogue.lawful import FILE, lawful_besides, without_details
from harness.catalogue.requirements import REQUIREMENTS
from harness.reference.planting import load


def test_the_file_has_every_variant() -> None:
    """If it is stale: `pairproof variants list --format json > harness/catalogue/variants.json`."""
    known = {(v["name"], v["requirement"], v["says"]) for v in json.loads(FILE.read_text("utf-8"))}
    assert known == {(v.name, v.requirement, v.says) for v in load()["variant"].entries.values()}


def test_each_choice_is_known_at_its_requirement() -> None:
    ids = [r.id for r in REQUIREMENTS]
    told = [sentence for id_ in ids for sentence in lawful_besides(id_)]
    assert sorted(told) == sorted(v.says for v in load()["variant"].entries.values())
    assert lawful_besides("NONE-1") == ()


def test_choices_compare_whoever_made_them_and_however_long_it_took() -> None:
    seen = (
        "The acceptance was acknowledged (pairing id 1234abcd…, tags a=b); Local UI shows no"
        " pending request within 52 ms; Palette still lists request 1234abcd… 5 s after the"
        " cancel was acknowledged; The match was refused: no"
    )
    assert without_details(seen) == (
        "The acceptance was acknowledged; Local UI shows no pending request; Palette still lists"
        " request; The match was refused: no"
    )
