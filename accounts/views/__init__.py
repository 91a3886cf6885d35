"""Views: sign_in (link, code and sign-out), microsoft, invite, account (the person's own) and people (for admins)."""
