/* The bar on top of every page for young people: its panels, and how large and in which letters the page is read.
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
