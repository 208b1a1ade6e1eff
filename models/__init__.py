"""What is true: the record, as tables and values."""
