"""The REST API: one module per resource, each call declared once and done by the same verbs as on the pages."""
