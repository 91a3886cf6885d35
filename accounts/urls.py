"""URLs under /auth/: sign-in, sign-out, a person's own account and invitations.

The account pages that need posts are in posts/urls.py: the bio, the data download and the account deletion.
"""

from django.urls import path

import core.ids  # noqa: F401 - registers <id:…>
from accounts.views import account, invite, mail, microsoft, sign_in

app_name = "accounts"
urlpatterns = [
    path("login/", sign_in.login, name="login"),
    path("login/sent/", sign_in.sent, name="sent"),
    path("code/", sign_in.code, name="code"),
    path("callback/", sign_in.callback, name="callback"),
    path("logout/", sign_in.logout, name="logout"),
    path("oauth/", microsoft.oauth, name="oauth"),
    path("oauth/callback/", microsoft.oauth_callback, name="oauth_callback"),
    path("invite/", invite.invite, name="invite"),
    path("account/", account.account, name="account"),
    path("account/name/", account.name, name="name"),
    path("account/language/", account.language, name="language"),
    path("account/subscribe/", mail.subscribe, name="subscribe"),
    path("unsubscribe/", mail.unsubscribe, name="unsubscribe"),
    path("account/identities/<id:identity_id>/remove/", account.remove_identity, name="remove_identity"),
    path("account/sessions/<id:session_id>/end/", account.end_session, name="end_session"),
    path("account/sessions/end-others/", account.end_other_sessions, name="end_other_sessions"),
]
