"""What a test wants to see and to switch: a log of requests, sessions that end soon, and a shield against robots."""

import json
import time

from django.conf import settings
from django.http import HttpResponse


def log(get_response):
    """A line of JSON for every request."""

    def around(request):
        response = get_response(request)
        line = {
            "at": time.time(),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "browser": "Sec-Fetch-Mode" in request.headers,
        }
        with open(settings.FOLDER / "log", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return response

    return around


def shield(get_response):
    """While the file `shield` is there, who is no browser gets a page that says so, and no cookie."""

    def around(request):
        if "Sec-Fetch-Mode" not in request.headers and (settings.FOLDER / "shield").exists():
            return HttpResponse("<!doctype html><title>One moment…</title>Checking your browser.")
        return get_response(request)

    return around


def short_sessions(get_response):
    """Who is signed in stays so for a short time after each request only."""

    def around(request):
        response = get_response(request)
        if request.user.is_authenticated:
            request.session.set_expiry(settings.LIFE)
        return response

    return around
