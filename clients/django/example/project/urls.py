"""The admin is the whole site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path


def no_icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for one."""
    return HttpResponse(status=204)


admin.site.site_header = "Clinic"
urlpatterns = [path("favicon.ico", no_icon), path("", admin.site.urls)]
