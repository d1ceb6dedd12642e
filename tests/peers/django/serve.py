"""Makes the database and the person, then serves with gunicorn over TLS. Says its port on standard output.

After that it takes a word a line on standard input and answers with a line: `end` ends every session and refresh token,
as "sign out everywhere" does. It ends with its standard input.
"""

import json
import os
import signal
import sys
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django

django.setup()

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken


def prepare():
    call_command("migrate", verbosity=0)
    person = json.loads(sys.stdin.readline())
    user = User.objects.create_user("ana", person["email"], person["password"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, person["totp"])


def obey():
    for line in sys.stdin:
        if line.strip() == "end":
            count = Session.objects.count()
            Session.objects.all().delete()
            for token in OutstandingToken.objects.all():
                BlacklistedToken.objects.get_or_create(token=token)
            print(f"ended {count}", flush=True)
    # Nobody listens any more: the master ends, and its worker with it.
    os.kill(os.getppid(), signal.SIGQUIT)


class Server(BaseApplication):
    def load_config(self):
        folder = os.environ["PEER_FOLDER"]
        for name, value in {
            "bind": "127.0.0.1:0",
            "certfile": os.environ["PEER_CERTIFICATE"],
            "keyfile": os.environ["PEER_KEY"],
            "worker_class": "gthread",
            "threads": 4,
            "worker_tmp_dir": folder,
            "control_socket_disable": True,
            "when_ready": lambda server: print(server.LISTENERS[0].getsockname()[1], flush=True),
            "post_worker_init": lambda worker: threading.Thread(target=obey, daemon=True).start(),
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self):
        return get_wsgi_application()


if __name__ == "__main__":
    prepare()
    Server().run()
