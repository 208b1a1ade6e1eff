"""What staff and the record do: cases, people, broadcasts, tasks."""
