"""Views: sign_in (link, code and sign-out), microsoft, invite, account (your own) and people (for admins)."""
