"""Pages that act through the machines; those of the desk alone are in `helpdesk.web`."""
