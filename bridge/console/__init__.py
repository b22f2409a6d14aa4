"""The console: what happens and why, for admins. Every page is a rendering of recorded decisions.

All it writes down is what an agent heard on the phone.
"""

from bridge.console.blueprint import create_console
from bridge.console.installation import DEMONSTRATION, Demonstration

__all__ = ["DEMONSTRATION", "Demonstration", "create_console"]
