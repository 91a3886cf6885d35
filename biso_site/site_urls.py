"""URLs of the pages about the site."""

from django.urls import path

from biso_site import info_pages

app_name = "site"
urlpatterns = [
    path("privacy/", info_pages.privacy, name="privacy"),
    path("accessibility/", info_pages.accessibility, name="accessibility"),
    path("contact/", info_pages.contact, name="contact"),
]
