"""What is wrong with a text in the language, where it stands, and what was expected there."""

from helpdesk.refusals import Refused


class Mistake(Refused):
    """A text that can't be understood; the message is a sentence that names line and column."""

    def __init__(self, said: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Line {line}, column {column}: {said}")
        self.said = said
        self.line = line
        self.column = column
