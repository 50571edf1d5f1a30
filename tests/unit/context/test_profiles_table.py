"""Tables of cluster profiles are read as the document draws them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_bdd.parser import FeatureParser

from harness.context.stacks import DOCUMENTED_STACK, INFRA_PACKS, BadTable, ProfilesTable, pack_from
from harness.domain.profile import Layer, Pack, ProfileType
from harness.suite import suite_dir

ROWS = [
    ["**Local cluster profile**", "Combination B", "Combination D"],
    ["**Infra profile**", "Full profile", "Infra profile"],
    ["Calico 3.25.1", "Calico 3.25.1", "Calico 3.25.1"],
    ["**Add-on profile**", "", "Add-on profile"],
    ["Prometheus-Grafana 44.3.1", "Prometheus-Grafana 44.3.1", "Hello-Universe 2.0.0"],
    ["", "Valid match ✅", "Invalid match ❌"],
]


def test_a_column_holds_its_profiles_in_order() -> None:
    infra, add_on = ProfilesTable(ROWS).column("Combination D")
    assert (infra.type, add_on.type) == (ProfileType.INFRA, ProfileType.ADD_ON)
    assert infra.packs == (Pack(Layer.CNI, "Calico", "3.25.1"),)
    assert add_on.packs == (Pack(Layer.ADDON, "Hello-Universe", "2.0.0"),)
    assert infra.name != add_on.name


def test_a_full_profile_goes_on_over_empty_cells() -> None:
    (full,) = ProfilesTable(ROWS).column("Combination B")
    assert full.type is ProfileType.FULL
    assert [str(pack) for pack in full.packs] == ["Calico 3.25.1", "Prometheus-Grafana 44.3.1"]


def test_the_local_column_is_found_whatever_its_type_face() -> None:
    assert [p.type for p in ProfilesTable(ROWS).local()] == [ProfileType.INFRA, ProfileType.ADD_ON]


def test_headings_keep_their_order() -> None:
    headings = ("Local cluster profile", "Combination B", "Combination D")
    assert ProfilesTable(ROWS).headings == headings


def test_an_unknown_column_is_refused_with_those_that_exist() -> None:
    with pytest.raises(BadTable, match=r"'Combination Z'.*Combination B"):
        ProfilesTable(ROWS).column("Combination Z")


def test_a_pack_above_any_heading_is_refused() -> None:
    with pytest.raises(BadTable, match=r"'Combination B'.*'Calico 3.25.1'"):
        ProfilesTable([["Combination B"], ["Calico 3.25.1"]])


@pytest.mark.parametrize("cell", ["Calico", "3.25.1", "Calico(cni)"])
def test_a_cell_that_is_no_pack_is_refused(cell: str) -> None:
    with pytest.raises(BadTable, match="is no pack"):
        pack_from(cell)


def test_a_layer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadTable, match=r"Calico 3.25.1 \(network\).*layers are: kernel, os"):
        pack_from("Calico 3.25.1 (network)")


@pytest.mark.parametrize(
    ("cell", "pack"),
    [
        ("Amazon EBS CSI 1.20.0", Pack(Layer.CSI, "Amazon EBS CSI", "1.20.0")),
        ("Hello-Universe 2.0.0", Pack(Layer.ADDON, "Hello-Universe", "2.0.0")),
        ("Linux-RT 6.6.1 (kernel)", Pack(Layer.KERNEL, "Linux-RT", "6.6.1")),
        ("Calico 3.25.1 (addon)", Pack(Layer.ADDON, "Calico", "3.25.1")),
        ("PXK-E 1.31.0+rke2r1", Pack(Layer.K8S, "PXK-E", "1.31.0+rke2r1")),
    ],
)
def test_a_cell_is_name_version_and_perhaps_a_layer(cell: str, pack: Pack) -> None:
    assert pack_from(cell) == pack


def test_the_table_of_the_feature_describes_the_documented_stack() -> None:
    table = ProfilesTable(documented_rows())
    local = table.local()
    assert [p.type for p in local] == [p.type for p in DOCUMENTED_STACK]
    assert [p.packs for p in local] == [p.packs for p in DOCUMENTED_STACK]
    assert table.headings[1:] == tuple(f"Combination {letter}" for letter in "ABCD")
    for heading in table.headings[1:]:
        assert set(INFRA_PACKS) <= set(table.column(heading)[0].packs)


def documented_rows() -> list[list[str]]:
    """The table in the background of the feature."""
    folder: Path = suite_dir("features")
    feature = FeatureParser(str(folder), "profile_match.feature").parse()
    assert feature.background is not None
    datatable = feature.background.steps[0].datatable
    assert datatable is not None
    return [[cell.value for cell in row.cells] for row in datatable.rows]
