"""What tests in more than one folder share."""
