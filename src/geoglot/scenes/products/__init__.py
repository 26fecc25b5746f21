"""Product folders of the space agencies: one file a product."""
