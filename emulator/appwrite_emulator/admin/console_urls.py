"""URLs of pages under /console/auth/oauth2/. On a real server, these pages are part of the console."""

from django.urls import path

from appwrite_emulator.admin import oauth2_result

urlpatterns = [
    path("success", oauth2_result.success),
    path("failure", oauth2_result.failure),
]
