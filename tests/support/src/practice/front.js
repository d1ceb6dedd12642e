"use strict";
const readable = name => document.cookie.split("; ").find(c => c.startsWith(name + "="))?.slice(name.length + 1) ?? "";
function secondsLeft(token) {
  try {
    const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return claims.exp - Date.now() / 1000;
  } catch { return 0; }
}
async function boot() {
  const state = document.getElementById("state");
  const held = localStorage.getItem("access_token");
  if (!held || secondsLeft(held) <= 0) {
    const reply = await fetch("/app/mint", { method: "POST", headers: { "X-CSRF-Token": readable("csrftoken") } });
    if (reply.status === 401) { location.assign("/login"); return; }
    if (!reply.ok) { state.textContent = "The service has a problem."; return; }
    const minted = await reply.json();
    localStorage.setItem("access_token", minted.access_token);
    if (minted.refresh_token) localStorage.setItem("refresh_token", minted.refresh_token);
    sessionStorage.setItem("nonce", minted.nonce);
  }
  const data = await fetch("/api/me", { headers: { Authorization: "Bearer " + localStorage.getItem("access_token") } });
  state.textContent = data.ok ? "All is well." : "Please sign in again.";
}
boot();
