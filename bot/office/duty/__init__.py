"""Who answers people, at which hours, what waits for them, and who is told when nobody has."""
