/* The bar on top of every page for young people: its panels, the lines under Help now, and how large and in which letters
   the page is read.
   Promises: nothing is stored; on the way to another page of ours the letters that were chosen go along in the address
   (exit.js), which is gone when they leave. A page works without this file. */
"use strict";
(() => {
  const html = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const along = window.along = window.along || {};

  /* ---- the panels: one at a time, closed by Escape or beside it ---- */
  const drops = all("details.drop");
  for (const drop of drops) {
    drop.addEventListener("toggle", () => { if (drop.open) drops.forEach((other) => { if (other !== drop) other.open = false; }); });
  }
  addEventListener("keydown", (event) => {
    const drop = drops.find((one) => one.open);
    if (event.key !== "Escape" || !drop) return;
    drop.open = false;
    drop.querySelector("summary").focus();
  });
  addEventListener("click", (event) => { drops.forEach((drop) => { if (drop.open && !drop.contains(event.target)) drop.open = false; }); });

  // The link would add an entry to the history, which quick exit could not take away.
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.querySelector("#main").focus(); });

  /* ---- the lines under Help now: of the place they are in, and open now ---- */
  const LATELY = 300000; // milliseconds that the lines of a page are taken to be still true
  let linesAt = Date.now();
  window.linked = (parts) => parts.map(([text, href]) => {
    if (!href) return text;
    const link = document.createElement("a");
    [link.className, link.href, link.textContent] = ["number", href, text];
    return link;
  });
  document.querySelector("#help").addEventListener("toggle", async (event) => {
    if (!event.target.open || Date.now() - linesAt < LATELY) return;
    try {
      const signal = AbortSignal.timeout ? AbortSignal.timeout(5000) : undefined;
      const answer = await fetch("/lines", { headers: { "Accept-Language": html.lang || "en" }, cache: "no-store", credentials: "omit", signal });
      const lines = await answer.json();
      linesAt = Date.now();
      for (const list of all("ul.lines[data-region]")) {
        const now = lines[list.dataset.region];
        if (now?.length) list.replaceChildren(...now.map((parts) => { const item = document.createElement("li"); item.append(...linked(parts)); return item; }));
      }
    } catch { /* the lines that came with the page stay */ }
  });
  window.nearest = (id) => { // the lines and the rules of this region first
    along.region = id;
    for (const fold of all(".what-if")) {
      const rules = [...fold.querySelectorAll("[data-law]")], ours = rules.find((one) => one.dataset.law === id) || rules[0];
      rules.forEach((one) => { one.hidden = one !== ours; });
    }
    const places = all("#help-inside > .region"), place = places.find((one) => one.dataset.region === id);
    if (!place) return;
    places.forEach((one) => { one.open = one === place; });
    document.querySelector("#elsewhere").before(place);
    places.filter((one) => one !== place).forEach((one) => document.querySelector("#help-inside > .quiet").before(one));
    const any = document.querySelector("#danger-any");
    if (any) any.hidden = true;
  };

  /* ---- letters ---- */
  const LEAST = 26; // of the page's own letters high; with less room the page scrolls as a page (.low in youth.css)
  const fit = () => html.classList.toggle("low", innerHeight < LEAST * parseFloat(getComputedStyle(html).fontSize));
  const sizes = all("[name=size]"), easy = document.querySelector("#easy");
  function read() {
    const size = sizes.find((one) => one.checked).value;
    html.dataset.size = size;
    html.classList.toggle("easy", easy.checked);
    [along.size, along.easy] = [size === "1" ? "" : size, easy.checked ? "1" : ""];
    fit();
  }
  const before = new URLSearchParams(location.search);
  for (const size of sizes) size.checked = size.value === (before.get("size") || "1");
  if (!sizes.some((one) => one.checked)) sizes[0].checked = true;
  easy.checked = before.get("easy") === "1";
  for (const field of [...sizes, easy]) field.addEventListener("change", read);
  addEventListener("resize", fit);
  document.querySelector("#reading").hidden = false;
  read();
})();
