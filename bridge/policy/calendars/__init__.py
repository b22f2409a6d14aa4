"""Business calendars: when a support team is at work, and durations counted on them."""
