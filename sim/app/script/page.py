"""What the server runs for each visitor at each move; a worker that is handed this file must not run it."""

if __name__ == "__main__":
    from sim.app.frame import show

    show()
