"""The log in Django's admin, in this process: a peer, tuned as far as its options go.

It does not count the whole table beside what is asked for, and offers no filters that would have to be filled. It pages
by OFFSET and with a COUNT of what was asked, as it always does.
"""

from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlencode

import django
from django.conf import settings
from django.test import Client
from django.urls import path

#: Where the admin lies; filled when it is there.
urlpatterns: Final[list[Any]] = []

_PROCESSORS: Final = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]


def installed(database: str) -> Client:
    """A browser on the admin of this file, past its door."""
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=[f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "messages")],
        MIDDLEWARE=[f"{__name__}.let_in"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for benchmarks",
        STATIC_URL="/static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": _PROCESSORS},
            }
        ],
    )
    django.setup()
    urlpatterns.append(path("admin/", _site().urls))
    return Client()


def ask(client: Client, asked: dict[str, int]) -> int:
    """The first page of what is asked for, with its number; answers the status."""
    return int(client.get(f"/admin/admin/event/?{urlencode(asked)}").status_code)


def let_in(answer: Any) -> Any:
    """In place of a log-in, whose tables this database does not have."""
    somebody = SimpleNamespace(
        pk=1, is_active=True, is_staff=True, is_anonymous=False, is_authenticated=True,
        has_perm=lambda *_: True, has_module_perms=lambda *_: True, has_usable_password=lambda: False,
        get_username=lambda: "bench", get_short_name=lambda: "bench",
    )  # fmt: skip

    def middleware(request: Any) -> Any:
        request.user, request._messages = somebody, ()
        return answer(request)

    return middleware


def _site() -> Any:
    # Models can only be made where the applications are known.
    from django.contrib.admin import AdminSite, ModelAdmin
    from django.db import models

    class Event(models.Model):  # type: ignore[misc]
        """A row of the log."""

        id = models.BigIntegerField(primary_key=True)
        account_id = models.BigIntegerField()
        created_datetime = models.BigIntegerField()
        user_id = models.BigIntegerField(null=True)
        object_id = models.BigIntegerField()
        type = models.TextField()
        actor_name = models.TextField()
        object_type = models.TextField()
        object_label = models.TextField()
        changes = models.TextField(null=True)

        class Meta:
            """It is there."""

            app_label, db_table, managed = "admin", "event", False

    class Events(ModelAdmin):  # type: ignore[misc]
        """Newest first, fifty a page."""

        list_display = ("created_datetime", "actor_name", "type", "object_type", "object_id", "object_label", "changes")
        list_per_page = 50
        ordering = ("-created_datetime",)
        show_full_result_count = False

        def lookup_allowed(self, *_: Any) -> bool:
            return True

    site = AdminSite()
    site.register(Event, Events)
    return site
