# In a clean Debian, as root: the package is installed, used, replaced by a newer one and removed.
set -eu
seen() { echo "seen: $*"; }
wrong() { echo "WRONG: $*"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
install() { apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@" > /proof/apt.log 2>&1 || { cat /proof/apt.log; wrong "apt-get install $*"; }; }

# No service is started.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

# Kept by the mmdebstrap of Debian 12; older ones do not know how.
ls /var/lib/apt/lists/*_Packages* > /dev/null 2>&1 || apt-get update -qq

install /proof/lamplighter.deb
dpkg --audit
dpkg --verify lamplighter
dpkg -L lamplighter | sort > /proof/files
seen "installed by apt with what it depends on: $(dpkg-query -W | wc -l) packages in all"

missing=$(ldd /usr/bin/lamp /usr/bin/lamplighter | grep 'not found' || true)
[ -z "$missing" ] || wrong "libraries: $missing"
desktop=$(ldd /usr/bin/lamp | grep -E 'gtk|webkit|gdk|soup|libX11' || true)
[ -z "$desktop" ] || wrong "lamp links a desktop: $desktop"
seen "no library is missing, and lamp links none of GTK, WebKit, X11"

# Only now what plays the desktop, which must not stand in for something that the package forgot.
install xvfb xdotool imagemagick dbus-daemon gnome-keyring desktop-file-utils
desktop-file-validate /usr/share/applications/lamplighter.desktop
seen "the menu's entry is valid"

useradd --create-home visitor
mkdir -p /run/visitor /proof/visitor
chown visitor:visitor /run/visitor /proof/visitor
chmod 0700 /run/visitor
setpriv --reuid=visitor --regid=visitor --init-groups env -i HOME=/home/visitor USER=visitor LOGNAME=visitor \
  PATH=/usr/bin:/bin LANG=C.UTF-8 XDG_RUNTIME_DIR=/run/visitor dbus-run-session -- sh /proof/visitor.sh &
visitor=$!

# The same programs as a newer package: each is another file from then on, as in a real upgrade.
dpkg-deb -R /proof/lamplighter.deb /root/newer
version=$(sed -n 's/^Version: //p' /root/newer/DEBIAN/control)
sed -i "s/^Version: .*/Version: $version+newer/" /root/newer/DEBIAN/control
dpkg-deb -Zgzip -z1 -b /root/newer /root/newer.deb > /dev/null
rm -r /root/newer
until [ -e /proof/visitor/upgrade ] || ! kill -0 $visitor 2> /dev/null; do sleep 0.1; done
if [ -e /proof/visitor/upgrade ]; then
  app=$(cat /proof/visitor/upgrade)
  install /root/newer.deb
  case $(readlink "/proc/$app/exe") in
    '/usr/bin/lamplighter (deleted)') seen "a newer package is installed while the app runs; the app goes on" ;;
    *) wrong "the newer package left the running program in its place, or the app is gone" ;;
  esac
  : > /proof/visitor/upgraded
fi
wait $visitor

find /home/visitor -type f | sort > /proof/data
grep -q lamplighter /proof/data || wrong "the app kept nothing: there is no data that could be lost"
apt-get -qq -y -o Dpkg::Use-Pty=0 purge lamplighter > /proof/apt.log 2>&1 || { cat /proof/apt.log; wrong "apt-get purge"; }
while read -r path; do
  if [ -d "$path" ]; then
    case $path in *lamplighter*) wrong "$path is left" ;; esac
  elif [ -e "$path" ] || [ -L "$path" ]; then
    wrong "$path is left"
  fi
done < /proof/files
left=$(find / -xdev \( -path /proof -o -path /proc -o -path /home -o -path /run/visitor -o -path /dev \) -prune -o -iname '*lamplighter*' -print)
[ -z "$left" ] || wrong "left: $left"
seen "removed: none of $(grep -c . /proof/files) paths is left, and nothing else with its name"
find /home/visitor -type f | sort | cmp - /proof/data || wrong "the person's files are not what they were"
seen "the person's data stayed: $(grep -c lamplighter /proof/data) files"
