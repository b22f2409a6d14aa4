"""The HTTP under every client: sessions, rate limits, a cache with an age, a fair semaphore."""
