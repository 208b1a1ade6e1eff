"""The whole product on one laptop, with fictional people on simulated phones."""
