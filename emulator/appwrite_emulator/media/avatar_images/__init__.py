"""Images that the emulator generates: lettered images for initials and icons, and QR codes."""
