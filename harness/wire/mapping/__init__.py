"""Another implementation's paths, names, codes and words in place of the published ones.

A `WireMap` says how they differ. The codec knows the published wire alone; what it makes and
reads is translated here, whichever side one plays. It is a step of its own, from rooms to rooms,
since more than the codec takes it: a shell of the reference before an app with a planted defect,
whose answers no operation could hold; evidence, which has both forms; and an operation in several
calls, whose answers are put together before they are read.

Imports `configuration`, `domain`. Begin with `keys`.
"""

from __future__ import annotations

from harness.wire.json_path import MappingError
from harness.wire.mapping.keys import AgentHabits, CallMap, ErrorMap, OperationMap, RepeatRule
from harness.wire.mapping.wire_map import PLAIN, WireMap

__all__ = [
    "PLAIN",
    "AgentHabits",
    "CallMap",
    "ErrorMap",
    "MappingError",
    "OperationMap",
    "RepeatRule",
    "WireMap",
]
