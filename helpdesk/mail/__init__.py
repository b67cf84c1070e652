"""The desk's e-mail: what a message that came in says, and how one that goes out is written."""
