"""Stories that show what the desk does, and attempts to make it lie."""
