"""The simulator: customers who write and agents who answer, played on a real desk with the verbs that everybody has."""
