"""Keys, sealed files and their previews."""
