"""Images drawn by the emulator: flags, icons of browsers and credit cards, initials, QR codes.

They are original, simple and recognisable; the real server's differ. Pillow is imported on first use.
"""
