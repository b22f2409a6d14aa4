"""Protocols of what the core needs from outside: vendors, the database, the present. One module for each thing kept."""
