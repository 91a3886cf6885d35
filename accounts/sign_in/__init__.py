"""The sign-in flow: mails, codes, cookies for a pending sign-in, and signing out."""
