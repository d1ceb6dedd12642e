"use strict";
// Everything by which a page in a webview was ever able to talk to the application around it.
async function probe(w) {
  const found = [];
  let tried = 0;
  const look = (name, read) => {
    tried++;
    try { if (read() !== undefined) found.push(name); } catch { /* not there */ }
  };
  const names = ["__TAURI__", "__TAURI_INTERNALS__", "__TAURI_IPC__", "__TAURI_INVOKE__", "__TAURI_METADATA__",
    "__TAURI_PATTERN__", "__TAURI_POST_MESSAGE__", "__TAURI_EVENT_PLUGIN_INTERNALS__", "__WRY__", "ipc", "rpc",
    "external", "isTauri", "wails", "runtime", "electron", "require", "process", "native", "android"];
  for (const name of names) {
    // window.external is part of browsers; only one that can call out counts.
    look(name, () => name === "external" ? w.external?.invoke : w[name]);
  }
  look("webkit.messageHandlers", () => {
    const handlers = w.webkit?.messageHandlers;
    if (!handlers) return undefined;
    const known = ["ipc", "external", "tauri", "wry", "lamplighter"].filter(n => handlers[n]);
    return known.length ? known : undefined;
  });
  look("chrome.webview", () => w.chrome?.webview);
  for (const name of Object.getOwnPropertyNames(w)) {
    tried++;
    if (/tauri|wry|lamplighter|lamp_/i.test(name) && !found.includes(name)) found.push(name);
  }
  const addresses = ["ipc://localhost/show", "tauri://localhost/", "http://ipc.localhost/show",
    "http://tauri.localhost/", "asset://localhost/etc/passwd", "lamplighter://show", "wry://localhost/"];
  for (const address of addresses) {
    tried++;
    try {
      const reply = await Promise.race([
        fetch(address, { method: "POST", body: "{}" }),
        new Promise((_, no) => setTimeout(() => no(new Error("late")), 3000)),
      ]);
      found.push("fetch " + address + " " + reply.status);
    } catch { /* refused */ }
  }
  for (const address of ["file:///etc/passwd", "tauri://localhost/index.html", "ipc://localhost/"]) {
    tried++;
    try {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
      await new Promise(done => setTimeout(done, 300));
      if (frame.contentDocument?.body?.textContent) found.push("iframe " + address);
      frame.remove();
    } catch { /* refused */ }
  }
  return { found, tried };
}
const tell = (frame, result) => fetch("/hostile/report", { method: "POST",
  headers: { "Content-Type": "application/json" }, body: JSON.stringify({ frame, ...result }) });

async function start() {
  await tell(FRAME, await probe(window));
  document.getElementById("state").textContent = "Done.";
  if (FRAME !== "top") return;
  addEventListener("message", event => { if (event.data.frame) tell(event.data.frame, event.data.result); });
  const open = src => { const f = document.createElement("iframe"); f.hidden = true; f.src = src; document.body.append(f); };
  const inner = frame => `<body><script>${probe}; probe(window).then(result => ` +
    `parent.postMessage({ frame: ${JSON.stringify(frame)}, result }, "*"));<\/script></body>`;
  open("/hostile?frame=iframe");
  open(URL.createObjectURL(new Blob([inner("blob")], { type: "text/html" })));
  open("data:text/html," + encodeURIComponent(inner("data")));
  const srcdoc = document.createElement("iframe");
  srcdoc.hidden = true;
  srcdoc.srcdoc = inner("srcdoc");
  document.body.append(srcdoc);
  document.getElementById("open").onclick = () => window.open("/hostile?frame=popup", "_blank", "popup,width=400,height=400");
  // Some webviews let pages open windows unasked; where they do, no click is needed.
  document.getElementById("open").click();
}
start();
