"""/teams, with one module for teams and one for memberships."""
