"""Pictures that the emulator draws itself: flags, icons of browsers and credit cards, initials, QR codes.

They are ours, simple and recognisable; the real server's are others. Pillow is imported when the first one is drawn.
"""
