"""Upload an image for the text of a post, even if the post has not been saved yet."""

import re

from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from posts import image_ids, policy
from posts.access import editable, publisher, record
from posts.covers.images import TextImage
from posts.covers.text_images import NO_BUCKET
from posts.post_files import ImageLimitError
from posts.repository import PostRepository

MARKUP = re.compile(r"([\\`*_~\[\]<>&!])")  # characters in a description that Markdown may treat as markup
QUOTED = re.compile(r'([\\"&])')  # characters with a meaning inside a quoted title


class ImageRefusedError(errors.SiteError):
    """The image cannot be added to this post. `sentence` is the error message shown to the author."""


def upload(request: Request, post_id: str, picture: TextImage, alt: str, caption: str) -> str:
    """Upload the image and return its Markdown. Until the post is published, only its author and admins can see it.

    If this person cannot see a post with this id, the post is treated as new. Only this person can then read the image,
    so submitting the id of someone else's draft does no harm. Raise NotAllowedError if this person can see the post but
    not edit it. Raise ImageRefusedError if the post has too many images or the bucket is missing.
    """
    posts = PostRepository(create_session_client(request))
    try:
        post = editable(request, posts, post_id)
    except errors.NotFoundError:
        post = None
    if post is not None:
        posts = publisher(request, post)
        owner = policy.owner_of(policy.as_saved_by(request.user, post))
    else:
        if not policy.can_publish_own(request.user):
            confirm_user(request)
            posts = PostRepository(create_admin_client())
        owner = policy.Owner(request.user.id, not policy.can_publish_own(request.user))
    try:
        image = posts.files.add_image(
            post_id if post is None else post.id, owner.id, picture, is_restricted=owner.is_restricted
        )
    except ImageLimitError as error:
        sentence = _("A post can have %(limit)s images, including those you have removed from the text.")
        raise ImageRefusedError(sentence=sentence % {"limit": image_ids.MAX_IMAGES}) from error
    except errors.NotFoundError as error:
        if error.type != NO_BUCKET:
            raise
        sentence = _("Images can’t be added yet, because the site’s image storage is not set up.")
        raise ImageRefusedError(sentence=sentence) from error
    if post is not None:
        record(request, "add_image", post)
    title = ' "{}"'.format(QUOTED.sub(r"\\\1", caption)) if caption else ""
    return "![{}]({}{})".format(MARKUP.sub(r"\\\1", alt), image.url, title)
