"""The pages of allauth, the end points of SimpleJWT, and two of the project's own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.utils.html import escape
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework_simplejwt import views as jwt


@login_required
def home(request):
    return HttpResponse(f"<!doctype html><title>Home</title><p id=me>{escape(request.user.email)}</p>")


@login_required
def me(request):
    return JsonResponse({"email": request.user.email})


@api_view()
@permission_classes([IsAuthenticated])
def data(request):
    return Response({"user": request.user.username})


urlpatterns = [
    path("", home),
    path("me", me),
    path("accounts/", include("allauth.urls")),
    path("api/data", data),
    path("api/token/", jwt.TokenObtainPairView.as_view()),
    path("api/token/refresh/", jwt.TokenRefreshView.as_view()),
    path("api/token/verify/", jwt.TokenVerifyView.as_view()),
    path("api/token/blacklist/", jwt.TokenBlacklistView.as_view()),
]
