# As somebody who is not root, on a session bus: the programs do what they are for.
set -eu
seen() { echo "seen: $*"; }
wrong() { echo "WRONG: $*"; cat "$HOME/app.log" 2>/dev/null || true; exit 1; }
# Words: what is waited for, and a command that succeeds once it is there.
await() { timeout 300 sh -c "until $2; do sleep 0.2; done" || wrong "in vain: $1"; }

seen "$(lamp --version)"
lamp list > "$HOME/list" 2>&1 || wrong "lamp list: $(cat "$HOME/list")"
seen "lamp list, nothing running: $(head -n 1 "$HOME/list")"
lamp status --json | grep -q '"holder":"one-shot"' || wrong "lamp alone is not alone"

mkfifo "$HOME/display"
Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3> "$HOME/display" 2> "$HOME/xvfb.log" &
display=$!
number=$(timeout 120 head -n 1 "$HOME/display") || wrong "no display: $(cat "$HOME/xvfb.log")"
export DISPLAY=":$number"

# A keyring that is open, as after somebody signed in to a desktop.
echo words | gnome-keyring-daemon --unlock --components=secrets > "$HOME/keyring.log" 2>&1
lamplighter > "$HOME/app.log" 2>&1 &
app=$!
await 'its socket' 'test -n "$(find "$XDG_RUNTIME_DIR" -type s -path "*lamplighter*")"'
lamp status --json > "$HOME/status"
grep -q '"holder":"desktop"' "$HOME/status" || wrong "lamp does not find the app: $(cat "$HOME/status")"
grep -q "\"pid\":$app," "$HOME/status" || wrong "that is another app: $(cat "$HOME/status")"
seen "the app runs, and lamp asks it: $(lamp status | head -n 1)"

# Its name and its class, so that a dock knows it for the menu's entry; both are compared with the same words.
class=$(sed -n 's/^StartupWMClass=//p' /usr/share/applications/lamplighter.desktop)
find_window="xdotool search --onlyvisible --all --name --class '^$class\$' 2> '$HOME/xdotool.log'"
await 'its window' "$find_window | grep -q ."
window=$(eval "$find_window" | head -n 1)
# A page that did not load has next to no colours.
await 'something in its window' "test \$(import -window $window -format %k info:) -gt 40"
import -window "$window" /proof/visitor/window.png
seen "its window is open and painted ($(import -window "$window" -format '%w x %h, %k colours' info:))"

# A page to log in at, and a file that says how.
mkfifo "$HOME/port"
perl -MIO::Socket::INET -e '
  my $server = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1") or die; $| = 1; print $server->sockport, "\n";
  while (my $client = $server->accept) { 1 while ($_ = <$client>) && /\S/;
    print $client "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<script>localStorage.token = `fresh`</script>Welcome"; close $client }
' > "$HOME/port" 2> "$HOME/page.log" &
page=$!
port=$(timeout 120 head -n 1 "$HOME/port") || wrong "no page: $(cat "$HOME/page.log")"
mkdir -p "$HOME/.config/lamplighter/providers"
cat > "$HOME/.config/lamplighter/providers/page.toml" << END
format = 1
name   = "Page"
hosts  = ["127.0.0.1:$port"]
[[login]]
kind = "webview"
url  = "http://127.0.0.1:$port/"
done = [{ local_storage = "token" }]
save = { "token.access" = "local_storage:token" }
[tokens.access]
expires = ["15m"]
[[refresh]]
strategy = "manual"
END
lamp provider check "$HOME/.config/lamplighter/providers/page.toml" > "$HOME/check" || wrong "$(cat "$HOME/check")"

# Root installs a newer package now, under the running app.
echo $app > /proof/visitor/upgrade.part
mv /proof/visitor/upgrade.part /proof/visitor/upgrade
await 'the newer package' 'test -e /proof/visitor/upgraded'
lamp status --json > "$HOME/status"
grep -q "\"pid\":$app," "$HOME/status" || wrong "the newer lamp does not find the app: $(cat "$HOME/status")"
seen "the newer lamp asks the app that has run on: $(lamp status | head -n 1)"
timeout 300 lamp login page > "$HOME/login" 2>&1 || wrong "lamp login: $(cat "$HOME/login")"
[ "$(lamp token page)" = fresh ] || wrong "lamp token: $(lamp token page 2>&1)"
seen "a login in a window that the app opens now, and lamp token has what it brought"

kill -TERM $app
timeout 120 tail --pid=$app -f /dev/null || wrong "it does not end when it is asked to"
seen "it ends when it is asked to"
lamplighter > "$HOME/app.log" 2>&1 &
app=$!
await 'the newer app' "lamp status --json 2>&1 | grep -q '\"pid\":$app,'"
lamp list | grep -q '^page ' || wrong "the newer app does not know the login: $(lamp list)"
seen "the newer app knows the login: $(lamp status | head -n 1)"
kill -TERM $app
timeout 120 tail --pid=$app -f /dev/null || wrong "the newer app does not end when it is asked to"
kill $display $page
