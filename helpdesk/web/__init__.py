"""The pages: log-in, lists, tickets with their trail, outgoing mail, and the shell around them."""
