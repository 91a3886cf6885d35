"""The Django app with the emulator's models."""

from django.apps import AppConfig


class DbConfig(AppConfig):
    name = "appwrite_emulator.db"
    label = "appwrite_emulator"  # prefix of the table names, which data files of older versions have
