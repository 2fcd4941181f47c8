"""What the edge of a server may take."""

from typing import Final

EDGE_MEMORY: Final = 384
"""MiB."""
