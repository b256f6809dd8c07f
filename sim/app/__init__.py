"""The pages in a browser: widgets make changes, changes make a cached run, a run makes charts. No model code here."""
