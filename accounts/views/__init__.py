"""A module a matter: sign_in (link and code), microsoft, invite, account (one's own), people (everybody's)."""
