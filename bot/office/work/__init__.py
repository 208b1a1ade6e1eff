"""The work on a case: assignments, findings, papers, calls."""
