"""The one language of views and rules: read as a tree, checked against what a desk knows, never run as code."""

from helpdesk.language.mistakes import Mistake
from helpdesk.language.reading import parse_filter, parse_rule
from helpdesk.language.writing import unparse

__all__ = ["Mistake", "parse_filter", "parse_rule", "unparse"]
