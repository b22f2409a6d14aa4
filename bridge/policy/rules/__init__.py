"""The clause types of a pack: one file is one type, its YAML model and its function."""
