"""/teams: people in groups. One module for the teams, one for who belongs to them."""
