"""The console: what happens and why, for admins. It only reads; every page is a rendering of recorded decisions."""

from bridge.console.blueprint import create_console
from bridge.console.installation import DEMONSTRATION, Demonstration

__all__ = ["DEMONSTRATION", "Demonstration", "create_console"]
