"""Previews of files. Images are resized, cropped or converted. Other files get an icon."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import File
from appwrite_emulator.http.parameters import Colour, Float, Integer, Param, ParameterError, Text, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.media import image_transforms
from appwrite_emulator.media.image_cache import CachedImage, get_or_create
from appwrite_emulator.services.storage.access import find_bucket, find_readable
from appwrite_emulator.services.storage.tokens import find_token_file

MAX_SOURCE_SIZE = 20_000_000
"""Size limit, in bytes. Larger images get an icon (_APP_STORAGE_PREVIEW_LIMIT)."""
ICON_BACKGROUND = "eceff1"


class Gravity(Param):
    """The anchor of a crop. It is case-insensitive."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in image_transforms.GRAVITIES:
            raise ParameterError(f"Value must be one of ({', '.join(image_transforms.GRAVITIES)})")
        return value


@accepts(
    width=Integer(0, 4000, default=0),
    height=Integer(0, 4000, default=0),
    gravity=Gravity(default=image_transforms.CENTRE),
    quality=Integer(-1, 100, default=-1),
    border_width=Integer(0, 100, default=0),
    border_color=Colour(default=""),
    border_radius=Integer(0, 4000, default=0),
    opacity=Float(0, 1, default=1.0),
    rotation=Integer(-360, 360, default=0),
    background=Colour(default=""),
    output=Text(choices=tuple(image_transforms.OUTPUTS), default=""),
    token=Text(512),
)
def get_file_preview(request: Request, *, bucket_id: str, file_id: str, token: str | None, **options: Any) -> Response:
    """GET /storage/buckets/{bucketId}/files/{fileId}/preview. Repeated requests are served from a cache."""
    bucket = find_bucket(request, bucket_id)
    if not bucket.transformations and not request.caller.is_key:
        raise AppwriteError("storage_bucket_transformations_disabled")
    file = find_readable(request, bucket, file_id, find_token_file(request, token))
    if options["border_width"] and not options["border_color"]:
        # The real server responds with 500 here.
        raise AppwriteError("general_argument_invalid", "`borderWidth` requires `borderColor`.")
    # The key contains everything on which the preview depends.
    key = (file.pk, file.signature, file.mime_type, file.extension, *sorted(options.items()))
    preview, headers = get_or_create(key, lambda: _render(file, options), is_reproducible=True)
    return Response(preview.content, content_type=preview.content_type, headers=headers)


def _render(file: File, options: dict[str, Any]) -> CachedImage:
    is_image = file.mime_type in image_transforms.INPUTS and file.size_actual <= MAX_SOURCE_SIZE
    content = file.read() if is_image else image_transforms.file_icon()
    if not is_image:
        options = {**options, "background": options["background"] or ICON_BACKGROUND}
    output = options["output"] or (_default_format(file) if is_image else "png")
    try:
        picture = image_transforms.render(content, image_transforms.Options(**{**options, "output": output}))
    except image_transforms.UnreadableImageError:
        raise AppwriteError("storage_file_type_unsupported") from None
    return CachedImage(picture, image_transforms.OUTPUTS[output])


def _default_format(file: File) -> str:
    """Return the format of the original extension. If that format is unsupported, return JPEG.

    Without an extension, return the format of the content.
    """
    if file.extension:
        return file.extension if file.extension in image_transforms.OUTPUTS else "jpg"
    return next((name for name, kind in image_transforms.OUTPUTS.items() if kind == file.mime_type), "jpg")
