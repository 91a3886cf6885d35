"""The Django project of BISO posts: settings, the door to Appwrite, errors and their pages."""
