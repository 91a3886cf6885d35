"""URLs of the pages that the real server has in its console, under /console/auth/oauth2/."""

from django.urls import path

from appwrite_emulator.admin import oauth2_result

urlpatterns = [
    path("success", oauth2_result.success),
    path("failure", oauth2_result.failure),
]
