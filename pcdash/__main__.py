"""``python -m pcdash``."""

from pcdash.cli import main

if __name__ == "__main__":
    main()
