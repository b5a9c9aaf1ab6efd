/* Keeps the board fresh without reloading, and its waiting times alive. Typing in a field is left alone. */
"use strict";
(() => {
  const skew = () => Date.parse(document.getElementById("board").dataset.now) - performance.timeOrigin - performance.now();
  let offset = skew();
  const count = () => {
    for (const el of document.querySelectorAll("[data-since]")) {
      const s = Math.max(0, Math.round((performance.timeOrigin + performance.now() + offset - Date.parse(el.dataset.since)) / 1000));
      el.textContent = s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    }
  };
  async function refresh() {
    if (document.activeElement?.matches("input")) return;
    try {
      const answer = await fetch("/board", { headers: { Accept: "text/html" } });
      if (answer.redirected || !answer.ok) { location.reload(); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
      if (fresh) { document.getElementById("board").replaceWith(fresh); offset = skew(); count(); }
    } catch { /* the next round tries again */ }
  }
  count();
  setInterval(count, 1000);
  setInterval(refresh, 4000);
})();
