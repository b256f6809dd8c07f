"""Who decides: one Mesa agent a file, one method per decision."""
