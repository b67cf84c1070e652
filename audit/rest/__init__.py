"""What every REST resource is made of: calls that are declared once, read strictly, answered alike and documented."""
