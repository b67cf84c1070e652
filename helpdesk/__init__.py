"""The helpdesk: its models, the verbs that change them, and the pages and programs that call the verbs."""
