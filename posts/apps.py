from importlib import import_module

from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "posts"

    def ready(self) -> None:
        import_module("posts.restrictions")  # connects its receiver
