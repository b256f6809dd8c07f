"""The pages in a browser: ``make app``. Everything is in sim/app; workers that import this file must not open it."""


def main() -> None:
    """Draw the page that was asked for."""
    from sim.app.frame import show

    show()


if __name__ == "__main__":
    main()
