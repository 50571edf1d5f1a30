"""The load lane: a fast HTTP client that is sure of what was sent and what was not.

Imports `domain`, `loopback`, `wire`. Begin with `client`.
"""

from harness.load.client import Exchanged as Exchanged
from harness.load.client import LoadClient as LoadClient
from harness.load.client import Storm as Storm
from harness.load.client import run as run
from harness.load.errors import LoadError as LoadError
from harness.load.errors import NoResponse as NoResponse
from harness.load.errors import NotSent as NotSent
from harness.load.errors import Times as Times
from harness.load.errors import TooFewFiles as TooFewFiles
from harness.load.opening import LoadLimits as LoadLimits
