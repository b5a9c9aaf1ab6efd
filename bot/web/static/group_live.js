/* Keeps a facilitator's or presenter's page fresh. Promises: only the living part is replaced; what has the focus keeps it. */
"use strict";
(() => {
  const live = document.querySelector("#live"), lost = document.querySelector("#lost");
  const source = new EventSource(live.dataset.events);
  source.addEventListener("open", () => { lost.hidden = true; });
  source.addEventListener("error", () => { lost.hidden = false; });
  source.addEventListener("signed-out", () => { source.close(); location.href = "/sign-in"; });
  source.addEventListener("part", (event) => {
    const focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...live.querySelectorAll("details")].map((d) => d.open);
    live.innerHTML = JSON.parse(event.data).html; // our own page's markup, from our own server, escaped there
    live.querySelectorAll("details").forEach((d, i) => { d.open = open[i] ?? d.open; });
    if (focused) document.getElementById(focused)?.focus();
    document.documentElement.dataset.fresh = "yes";
  });
  // A button answers at once and the page stays where it is; without script it is a plain form.
  document.addEventListener("submit", async (event) => {
    if (!live.contains(event.target)) return;
    event.preventDefault();
    const answer = await fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target)), redirect: "manual" }).catch(() => null);
    if (!answer || (answer.type !== "opaqueredirect" && !answer.ok)) location.reload();
  });
})();
