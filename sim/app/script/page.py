"""What the server runs for each visitor at each move."""

from sim.app.frame import show

show()
