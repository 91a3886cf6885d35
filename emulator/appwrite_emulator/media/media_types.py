"""Detect a file's media type from its content alone, never from its name or the client's Content-Type.

Appwrite uses libmagic (PHP's fileinfo). This module detects the most commonly uploaded types and uses libmagic's names.
All other content is text, or `application/octet-stream` if it contains bytes that do not occur in text.
"""

import json
import re
from itertools import islice

MAX_EXAMINED = 1024 * 1024
"""Number of bytes that libmagic examines."""

BINARY = "application/octet-stream"
TEXT = "text/plain"

# (offset, signature, media type); the first match applies.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"{\\rtf", "text/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"MThd", "audio/midi"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/x-rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\0asm", "application/wasm"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"\0\1\0\0\0", "font/sfnt"),
    (0, b"OTTO", "application/vnd.ms-opentype"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/x-dosexec"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/CDFV2"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {  # major brands of the ISO media format, used for video, audio and newer images
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/x-m4a",
    b"M4V ": "video/x-m4v",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
}
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT = re.compile(rb"PK\x03\x04.{26}mimetype(application/[a-z0-9.+-]+)", re.DOTALL)
# Searched anywhere near the beginning, because libmagic reports HTML for any content that quotes these tags.
_HTML = re.compile(rb"<(!doctype html|(html|head|title|style|table|script)[\s>]|a href=)", re.IGNORECASE)
_SVG = re.compile(rb"(<\?xml|<!doctype svg|<svg)\b", re.IGNORECASE)
# Patterns of source code and other known text types, at the start of the text (\A) or of any line (^).
_TEXTS = tuple(
    (re.compile(pattern, re.MULTILINE), media_type)
    for pattern, media_type in (
        (rb"\ABEGIN:VCALENDAR\b", "text/calendar"),
        (rb"\ABEGIN:VCARD\b", "text/vcard"),
        (rb"\AWEBVTT\s", "text/vtt"),
        (rb"\A\d+\r?\n\d\d:\d\d:\d\d,\d{3} --> ", "application/x-subrip"),
        (rb"\A(From|Received|Return-Path|Delivered-To): ", "message/rfc822"),
        (rb"\A(diff --git |--- .*\n\+\+\+ )", "text/x-diff"),
        (rb"\A@echo off", "text/x-msdos-batch"),
        (rb"\\(documentclass|begin)\b", "text/x-tex"),
        (rb"^[ \t]*def \w+\([\w, *]*\):|^class \w+(\(.*\))?:", "text/x-script.python"),
        (rb"^from \S+ import |^try:[\s\S]*?^[ \t]*except.*:", "text/x-script.python"),
        (rb"""["']use strict["']|module\.exports.*=|typeof.*[!=]==""", "application/javascript"),
        (rb"^(const|var|let).*=.*require\(", "application/javascript"),
        (rb"^export (function|class|default|const|var|let|async) |^(import|export).* from ", "application/javascript"),
        (rb"\((async )?function[( ]", "application/javascript"),
        (rb"^using namespace |^[ \t]*(public|private|protected):", "text/x-c++"),
        (rb"^#include\b|^(int|void) main *\(", "text/x-c"),
    )
)
_CONTROL_CHARACTERS = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_SCRIPTS = {
    b"sh": "text/x-shellscript",
    b"bash": "text/x-shellscript",
    b"python": "text/x-script.python",
    b"python3": "text/x-script.python",
    b"perl": "text/x-perl",
    b"ruby": "text/x-ruby",
    b"node": "application/javascript",
}


def detect(content: bytes) -> str:
    """Return the media type of the content."""
    if not content:
        return "application/x-empty"
    if len(content) == 1:
        return BINARY
    head = content[:MAX_EXAMINED]
    return _detect_structure(head) or _detect_signature(head) or _detect_text(head)


def _detect_structure(head: bytes) -> str | None:
    if head.lstrip()[:1] in (b"{", b"["):
        if _is_json(head):
            return "application/json"
        if b"\n" in head.strip() and all(_is_json(line) for line in head.split(b"\n") if line):
            return "application/x-ndjson"
    if _is_csv(head):
        return "text/csv"
    return None


def _is_json(head: bytes) -> bool:
    try:
        json.loads(head)
    except (ValueError, RecursionError):
        return False
    return True


def _is_csv(head: bytes) -> bool:
    """Return whether the text looks like CSV.

    It must have at least two lines, and the first ten lines must all contain the same number of commas, at least two.
    """
    if _CONTROL_CHARACTERS.search(head):
        return False
    lines = list(islice((line for line in re.sub(rb'"[^"]*"', b"", head).split(b"\n")[:-1]), 10))
    commas = {line.count(b",") for line in lines}
    return len(lines) >= 2 and len(commas) == 1 and min(commas) >= 2


def _detect_signature(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _detect_zip(head)
    for at, signature, media_type in _SIGNATURES:
        if head.startswith(signature, at):
            return media_type
    return None


def _detect_zip(head: bytes) -> str:
    """Return the type of a ZIP archive, which may be an office document."""
    if match := _OPEN_DOCUMENT.match(head):
        return match[1].decode()
    if b"[Content_Types].xml" in head[:4096] or b"_rels/.rels" in head[:4096]:
        for folder, media_type in _OFFICE.items():
            if folder in head:
                return media_type
    return "application/zip"


def _detect_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        return TEXT
    if _CONTROL_CHARACTERS.search(head):
        return BINARY
    head = head.removeprefix(b"\xef\xbb\xbf")
    start = head[:4096]
    if start.startswith(b"#!"):
        command = start.split(b"\n", 1)[0][2:].split()
        program = command[-1].rpartition(b"/")[2] if command else b""
        return _SCRIPTS.get(program, TEXT)
    if start.startswith(b"<?php"):
        return "text/x-php"
    if _SVG.match(start):
        return "image/svg+xml" if re.search(rb"<svg[\s>]", start, re.IGNORECASE) else "text/xml"
    if _HTML.search(start):
        return "text/html"
    return next((media_type for pattern, media_type in _TEXTS if pattern.search(start)), TEXT)
