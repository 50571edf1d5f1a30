"""The load lane: a fast HTTP client, when requests are to start, and how long they took."""

from harness.load.client import LoadClient as LoadClient
from harness.load.client import run as run
from harness.load.errors import LoadError as LoadError
from harness.load.errors import NoAnswer as NoAnswer
from harness.load.errors import NotSent as NotSent
from harness.load.errors import Times as Times
from harness.load.errors import TooFewFiles as TooFewFiles
from harness.load.opening import LoadLimits as LoadLimits
from harness.load.session import Exchanged as Exchanged
from harness.load.session import Session as Session
from harness.load.session import Storm as Storm
