# As somebody who is not root, on a session bus: the programs do what they are for.
set -eu
seen() { echo "seen: $*"; }
wrong() { echo "WRONG: $*"; cat "$HOME/app.log" 2>/dev/null || true; exit 1; }
# Words: what is waited for, and a command that succeeds once it is there.
await() { timeout 90 sh -c "until $2; do sleep 0.2; done" || wrong "in vain: $1"; }

seen "$(lamp --version)"
lamp list > "$HOME/list" 2>&1 || wrong "lamp list: $(cat "$HOME/list")"
seen "lamp list, nothing running: $(head -n 1 "$HOME/list")"
lamp status --json | grep -q '"holder":"one-shot"' || wrong "lamp alone is not alone"

mkfifo "$HOME/display"
Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3> "$HOME/display" 2> "$HOME/xvfb.log" &
display=$!
number=$(timeout 60 head -n 1 "$HOME/display") || wrong "no display: $(cat "$HOME/xvfb.log")"
export DISPLAY=":$number"

lamplighter > "$HOME/app.log" 2>&1 &
app=$!
await 'its socket' 'test -n "$(find "$XDG_RUNTIME_DIR" -type s -path "*lamplighter*")"'
lamp status --json > "$HOME/status"
grep -q '"holder":"desktop"' "$HOME/status" || wrong "lamp does not find the app: $(cat "$HOME/status")"
grep -q "\"pid\":$app," "$HOME/status" || wrong "that is another app: $(cat "$HOME/status")"
seen "the app runs, and lamp asks it: $(lamp status)"

# Its name and its class, so that a dock knows it for the menu's entry; both are compared with the same words.
class=$(sed -n 's/^StartupWMClass=//p' /usr/share/applications/lamplighter.desktop)
find_window="xdotool search --onlyvisible --all --name --class '^$class\$' 2> '$HOME/xdotool.log'"
await 'its window' "$find_window | grep -q ."
window=$(eval "$find_window" | head -n 1)
# A page that did not load has next to no colours.
await 'something in its window' "test \$(import -window $window -format %k info:) -gt 40"
import -window "$window" /proof/visitor/window.png
seen "its window is open and painted ($(import -window "$window" -format '%w x %h, %k colours' info:))"

kill -TERM $app
timeout 60 tail --pid=$app -f /dev/null || wrong "it does not end when it is asked to"
seen "it ends when it is asked to"
kill $display
