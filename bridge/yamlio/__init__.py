"""YAML that people write: values that know their place, and errors that name it."""
