"""The console: what happens and why, for admins. Every page is a rendering of recorded decisions.

It writes only approvals that an agent took by phone.
"""

from bridge.console.blueprint import create_console
from bridge.console.installation import DEMONSTRATION, OPEN_CONSOLE, Demonstration

__all__ = ["DEMONSTRATION", "OPEN_CONSOLE", "Demonstration", "create_console"]
