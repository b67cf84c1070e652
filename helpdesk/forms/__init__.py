"""What the pages' forms ask for, one module per noun, and what they say to an answer that can't be right."""
