"""What shows on pages alone is not tried where there is no browser, and that is said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.cli import proof
from harness.cli.commands.proof import MutantsRun, VariantsRun
from harness.cli.exits import CannotDo
from harness.proving.matrix import Matrix
from harness.proving.variants import LeftAlone
from harness.reference.planting import Mutant, Variant


def no_mutants(mutants: Sequence[Mutant], **how: object) -> Matrix:
    assert [m.name for m in mutants] == ["deleting_cluster_sends"]
    return Matrix(())


def no_variants(variants: Sequence[Variant], **how: object) -> tuple[LeftAlone, ...]:
    assert [v.name for v in variants] == ["pairing_ids_are_uuids"]
    return ()


def test_the_others_are_tried_and_what_was_left_out_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAIRPROOF_BROWSER", "no")
    monkeypatch.setattr(proof, "try_mutants", no_mutants)
    monkeypatch.setattr(proof, "try_variants", no_variants)
    proof.run_mutants(MutantsRun(names=("deleting_cluster_sends", "prompt_stays")))
    assert "1 that show on pages alone are not tried: PAIRPROOF_BROWSER" in capsys.readouterr().err
    proof.run_variants(VariantsRun(names=("pairing_ids_are_uuids", "in_german")))
    assert "1 that show on pages alone are not tried: PAIRPROOF_BROWSER" in capsys.readouterr().err


def test_with_nothing_else_to_try_nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRPROOF_BROWSER", "no")
    with pytest.raises(CannotDo, match="2 that show on pages alone are not tried"):
        proof.run_mutants(MutantsRun(names=("prompt_stays", "warning_says_nothing")))
    with pytest.raises(CannotDo, match="1 that show on pages alone are not tried"):
        proof.run_variants(VariantsRun(names=("in_german",)))
