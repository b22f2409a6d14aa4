"""Searching for the shortest story on which something happens: a ticket, what people do, and when. Pure."""
