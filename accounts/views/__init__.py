"""Views: sign_in (link, code, signing out), microsoft, invite, account (one's own), people (for admins)."""
