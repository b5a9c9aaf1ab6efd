/* Quick exit, on every page for young people. Small and loaded first, so that it works before anything else does.
   Promises: the page is empty within one turn of the browser, nothing runs before that, history gets no new entry,
   and no page of ours adds one on the way: a link of our own puts its page in this one's place.
   A page with more to clear adds a function to window.whenLeaving; it runs after the page is empty. */
"use strict";
(() => {
  let left = false;
  const anyhow = (act) => { try { act(); } catch { /* nothing may hold the way out */ } };
  const host = document.documentElement.dataset.host; // the site whose page holds this one in a frame (embed.js is there)

  function leave() {
    const exit = document.getElementById("exit");
    if (left || !exit) return;
    left = true;
    const to = exit.dataset.href || exit.href;
    const token = exit.form && exit.form.elements.token ? exit.form.elements.token.value : "";
    anyhow(() => { document.body.textContent = ""; }); // in old browsers too: hand-me-down phones come here
    const acts = window.whenLeaving || [];
    acts.forEach(anyhow);
    if (!acts.length && token && window.fetch) { // a page of plain forms, whose own script has not come yet
      anyhow(() => fetch("/chat/token", { method: "DELETE", headers: { Authorization: `Bearer ${token}` }, keepalive: true, credentials: "omit" }).catch(() => {}));
    }
    for (const where of ["sessionStorage", "localStorage"]) anyhow(() => window[where].removeItem("seat")); // of a group, whatever page this is
    if (!host) { location.replace(to); return; }
    anyhow(() => parent.postMessage("handrail:leave", host)); // the whole page goes, not only the frame
    setTimeout(() => { try { top.location.replace(to); } catch { location.replace("about:blank"); } }, 300);
  }
  if (host) addEventListener("message", (event) => {
    if (event.origin !== host || event.source !== parent) return;
    if (event.data === "handrail:leave") leave();
    if (event.data === "handrail:here") parent.postMessage("handrail:ready", host);
  });

  addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("#exit")) return;
    event.preventDefault();
    leave();
  }, true);

  // What was chosen on this page goes along in the address: nothing of it is stored.
  const along = window.along = window.along || {};
  addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || event.defaultPrevented || link.protocol !== location.protocol || link.host !== location.host || link.hash) return;
    const to = new URL(link.href);
    for (const name of Object.keys(along)) { if (along[name]) to.searchParams.set(name, along[name]); else to.searchParams.delete(name); }
    link.href = to.href;
    if (link.target || event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    location.replace(to.href);
  });

  let shifts = [];
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") { shifts = []; return; }
    if (event.repeat) return;
    shifts = [...shifts.filter((at) => event.timeStamp - at < 3000), event.timeStamp];
    if (shifts.length >= 3) leave();
  }, true);

  // A page that comes back out of the browser's own memory must not bring the chat back with it.
  addEventListener("pageshow", (event) => { if (event.persisted) location.replace(location.pathname + location.search); });
})();
