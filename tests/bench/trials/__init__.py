"""Small learning trials of the network family: do its parts do what they are there for? Results: docs/family.md."""
