"""Lets the tests hear signals, wherever they were started from."""

from __future__ import annotations

import signal

# Whatever a shell puts into the background, or `nohup` starts, ignores some of them, and so do the
# processes that the tests start and then stop by a signal.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)
