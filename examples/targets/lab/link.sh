#!/bin/sh
# Cuts ($1 = down) or mends ($1 = up) the link between one edge host ($2) and Palette.
# Exit code 0: it is so now. 3: it cannot be done, and nothing was changed.
echo "link of $2 $1: not written yet; such as: ssh $2 nft add rule …" >&2
exit 3
