"""A module a matter: signing_in (link and code), microsoft, invite, account (one's own), people (everybody's)."""
