"""The event log that records every change of the desk and refuses to commit what it was not told about."""
