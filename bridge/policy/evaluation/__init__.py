"""What every rule shares while it is evaluated: the context, conditions, clocks and outcomes."""
