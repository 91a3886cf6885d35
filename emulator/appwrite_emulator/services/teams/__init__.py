"""/teams: one module for teams, one for memberships."""
