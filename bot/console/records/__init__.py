"""What pages and the API read from the record. Nothing here changes anything."""
