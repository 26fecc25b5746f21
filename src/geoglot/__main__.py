"""`python -m geoglot`: the command line, where no script of its name is on the path."""

from geoglot.cli import main

if __name__ == "__main__":
    main()
