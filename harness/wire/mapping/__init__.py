"""Another implementation's paths, names, codes and words in place of the published ones.

A `WireMap` says how they differ. The codec knows the published wire alone; what it makes and
reads is translated here, whichever side one plays.

Imports `domain`. Begin with `wire_map`.
"""

from __future__ import annotations

from harness.wire.mapping.calls import CallMap, RepeatRule
from harness.wire.mapping.json_path import MappingError
from harness.wire.mapping.wire_map import PLAIN, OperationMap, WireMap

__all__ = ["PLAIN", "CallMap", "MappingError", "OperationMap", "RepeatRule", "WireMap"]
