"""The sign-in flow: e-mails, codes, cookies for pending sign-ins, and sign-out."""
