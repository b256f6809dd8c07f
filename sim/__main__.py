"""``python -m sim`` is ``aicompute``."""

from .cli import main

if __name__ == "__main__":
    main()
