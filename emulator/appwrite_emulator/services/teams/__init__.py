"""/teams: one module for teams and one for memberships."""
