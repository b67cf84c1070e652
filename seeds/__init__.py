"""The demo world, and for every event type a scene that really causes it."""
