"""The engine of ``policybridge install``, the same for every vendor: compare, show, carry out, take back."""
