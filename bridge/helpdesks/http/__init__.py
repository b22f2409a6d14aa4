"""HTTP for every client: sessions, rate limits, a fair semaphore, a cache with an age, and all waiting times."""
