from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/sent/", views.sent, name="sent"),
    path("callback/", views.callback, name="callback"),
    path("logout/", views.logout, name="logout"),
]
