"""Fits the uncertain entries to what was observed, tests the fit on what came later, and says what the data tell."""
