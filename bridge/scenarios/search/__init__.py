"""Searching for the shortest scenario in which something happens: a ticket, what people do, and when. Pure."""
