/* The desk in the browser: the live stream, the windows, the keys, and what joins the other parts.
   Promises: nothing of a conversation is stored in the browser; what was typed is lost only when it was sent.
   Everything is served from this site and needs no inline code. */

import { showAlarm, title, toggleAlarm, wakeAudio, watchQueue } from "./desk_alarm.js";
import { localClocks, setNow, tick } from "./desk_clock.js";
import { $, NOT_REACHED, all, fade, headers, openCase, put, say, signedOut, store } from "./desk_page.js";
import {
  box, draft, drafts, grow, grown, insertWords, moveCanned, nearEnd, readyBox, restore, sendWords, showCanned, toEnd,
} from "./desk_reply.js";

/* ---------- what changes after any swap ---------- */

function markOpen() {
  const id = openCase();
  for (const card of all("[data-card]")) {
    if (card.dataset.card === id) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
}
/* A filter appears when a list grows long. It never hides an imminent case, and says what it hides. */
function filter(show = $("lists").dataset.filter) {
  const cards = all("[data-card]");
  $("filter").hidden = cards.length < 8 && show === "all";
  $("lists").dataset.filter = show;
  for (const button of all("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === show));
  const hides = cards.filter((c) => getComputedStyle(c).display === "none").length;
  put($("filter-hides"), hides ? `${hides} hidden` : "");
}
function afterSwap() {
  tick();
  filter();
  localClocks();
  markOpen();
  watchQueue();
  title();
}

/* ---------- the live stream ---------- */

let stream = null;
let heard = Date.now();

function connect() {
  stream?.close();
  const seen = all("[data-digest]").map((el) => `${el.id.replace("part-", "")}:${el.dataset.digest}`).join(",");
  const query = new URLSearchParams({ seen });
  if (openCase()) query.set("case", openCase());
  const mine = (stream = new EventSource(`/events?${query}`));
  mine.addEventListener("desk", (event) => {
    if (mine !== stream) return;
    live();
    take(JSON.parse(event.data));
  });
  mine.addEventListener("signed-out", signedOut);
  mine.onerror = () => {
    if (mine !== stream) return;
    $("link-state").hidden = false;
    // A fresh stream says what this page has now; the browser's own retry would repeat what it had at first.
    mine.close();
    setTimeout(async () => {
      if (mine !== stream) return;
      if (await sessionEnded()) signedOut(); // a stream cannot say why it was refused
      else if (mine === stream) connect();
    }, 1500);
  };
}
/* Asks as a listener does, so that asking does not count as being at work. */
async function sessionEnded() {
  const enough = new AbortController();
  const ended = await fetch("/events", { signal: enough.signal }).then((answer) => answer.status === 401, () => false);
  enough.abort();
  return ended;
}
function live() {
  heard = Date.now();
  $("link-state").hidden = true;
}
setInterval(() => { if (Date.now() - heard > 25000) { heard = Date.now(); $("link-state").hidden = false; connect(); } }, 5000);

function take(news) {
  setNow(news.now);
  if (news.refusal) say(news.refusal, true);
  const open = all("details[id][open]").map((el) => el.id);
  let changed = false;
  for (const part of news.parts) {
    const el = $(`part-${part.name}`);
    if (!el || el.dataset.digest === part.digest) continue;
    const keep = part.name === "work" ? draft() : null;
    const atEnd = nearEnd();
    const focused = document.activeElement?.id;
    htmx.swap(el, part.html, { swapStyle: "innerHTML" });
    el.dataset.digest = part.digest;
    if (keep) restore(keep);
    if (focused && document.activeElement?.id !== focused) $(focused)?.focus({ preventScroll: true });
    if (part.name === "transcript") grown(atEnd);
    changed = true;
  }
  for (const id of open) $(id)?.setAttribute("open", "");
  if (changed) afterSwap();
}

document.addEventListener("desk:signed-out", () => {
  stream?.close();
  stream = null;
  $("case").replaceChildren();
  $("part-queue").replaceChildren();
  $("part-strip").replaceChildren();
  document.title = "Signed out";
  if (!$("away").open) $("away").showModal();
});

/* ---------- windows ---------- */

function openDialog(name) {
  const dialog = $(`dialog-${name}`);
  if (!dialog || dialog.open) return;
  all("[data-refusal]", dialog).forEach((p) => { p.hidden = true; });
  dialog.showModal();
  (dialog.querySelector("[data-first]") || dialog.querySelector("input:checked, input:not([type=hidden]), textarea, button[type=submit]"))?.focus();
}
function shut(dialog) {
  dialog.close();
  all("output", dialog).forEach((o) => { o.textContent = ""; });
  if (dialog.querySelector("form")) dialog.querySelector("form").reset();
}

/* ---------- keys ---------- */

const singleKeys = () => store.get("desk.keys") !== "off";
const typing = (el) => el.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

function step(by) {
  const cards = all("[data-card]").filter((c) => c.offsetParent !== null);
  if (!cards.length) return;
  let at = cards.indexOf(document.activeElement);
  if (at < 0) at = cards.findIndex((c) => c.getAttribute("aria-current"));
  const next = cards[Math.min(cards.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
function press(id) { $(id)?.querySelector("button[type=submit]")?.click(); }
function pressOpener(name) { document.querySelector(`#part-head [data-open="${name}"]`)?.click(); }
function toggleFacts() {
  const narrow = getComputedStyle($("facts-toggle") || document.body).display !== "none";
  const shows = !narrow || $("case").classList.toggle("show-facts");
  (shows ? $("facts") : $("facts-toggle"))?.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => press("accept"),
  r: () => { showCanned(false); box()?.focus(); },
  c: () => showCanned(true),
  n: () => pressOpener("note"),
  u: () => pressOpener("raise"),
  h: () => pressOpener("hand-back"),
  x: () => pressOpener("close"),
  f: toggleFacts,
  m: toggleAlarm,
  "?": () => openDialog("keys"),
};

document.addEventListener("keydown", (event) => {
  wakeAudio();
  if (event.isComposing) return;
  const el = document.activeElement || document.body;
  if (event.key === "Enter" && el === box() && !event.shiftKey && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    if (el.value.trim()) $("reply").requestSubmit();
    return;
  }
  if ($("canned") && !$("canned").hidden) {
    if (event.key === "ArrowDown" || event.key === "j") { event.preventDefault(); moveCanned(1); return; }
    if (event.key === "ArrowUp" || event.key === "k") { event.preventDefault(); moveCanned(-1); return; }
    if (event.key === "Enter" && el.dataset.text) { event.preventDefault(); insertWords(el.dataset.text); return; }
    if (event.key === "Escape") { event.preventDefault(); showCanned(false); box()?.focus(); return; }
  }
  if (event.key === "Escape" && el === box()) { el.blur(); $("case").focus({ preventScroll: true }); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(el) || document.querySelector("dialog[open]")) return;
  const act = singleKeys() && keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

/* ---------- clicks and forms ---------- */

let toldTyping = 0;

document.addEventListener("click", (event) => {
  wakeAudio();
  const opener = event.target.closest("[data-open]");
  if (opener) openDialog(opener.dataset.open);
  const shutter = event.target.closest("[data-shut]");
  if (shutter) shut(shutter.closest("dialog"));
  const words = event.target.closest("[data-text]");
  if (words) insertWords(words.dataset.text);
  if (event.target.closest("#canned-open")) showCanned($("canned").hidden);
  else if (!event.target.closest("#canned")) showCanned(false);
  const show = event.target.closest("[data-show]");
  if (show) filter(show.dataset.show);
  if (event.target.closest("#newer")) toEnd();
  if (event.target.closest("#alerts")) toggleAlarm();
  if (event.target.closest("#facts-toggle, [data-facts]")) toggleFacts();
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "reply") return;
  event.preventDefault();
  sendWords(event.target);
});
document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  grow();
  drafts.set(openCase(), draft());
  if (box().value && Date.now() - toldTyping > 3000) {
    toldTyping = Date.now();
    fetch(`/case/${openCase()}/typing`, { method: "POST", headers: { ...headers(), "HX-Request": "true" } }).catch(() => {});
  }
});
document.addEventListener("close", (event) => { if (event.target.matches?.("dialog")) shut(event.target); }, true);
document.addEventListener("scroll", (event) => { if (event.target === $("scroll") && nearEnd()) $("newer").hidden = true; }, true);

const single = $("single-keys");
single.checked = singleKeys();
single.addEventListener("change", () => store.set("desk.keys", single.checked ? "on" : "off"));

/* htmx carries the other forms and the opening of a case */
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful, xhr } = event.detail;
  const dialog = elt.closest("dialog");
  if (dialog?.open) settle(dialog, successful);
  if (!successful && xhr.status !== 401 && ![403, 404, 409, 422].includes(xhr.status)) {
    say(NOT_REACHED, true);
  }
});
function settle(dialog, successful) {
  const told = $("notice").textContent.trim();
  if (!successful) {
    const place = dialog.querySelector("[data-refusal]");
    place.textContent = told || "That did not work. Try again.";
    place.hidden = false;
  } else if (!dialog.querySelector("output")?.textContent) {
    shut(dialog);
    $("case").focus({ preventScroll: true });
  }
}
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "case") return;
  const id = event.detail.requestConfig?.path?.match(/^\/case\/(\d+)$/)?.[1] || "";
  $("case").dataset.case = id;
  $("case").classList.remove("show-facts");
  afterSwap();
  connect();
  readyBox();
  toEnd();
  $("case").focus({ preventScroll: true });
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const id = event.detail.target.id;
  if (id === "notice") fade();
  if (id === "part-work") { readyBox(); if (box() && !document.querySelector("dialog[open]")) box().focus(); }
  if (id === "part-transcript") toEnd();
  afterSwap();
});
document.addEventListener("htmx:sendError", () => { $("link-state").hidden = false; });

/* ---------- still at work: reading counts as work, an empty chair does not ---------- */

let moved = false;
let lastSaid = Date.now();
for (const kind of ["keydown", "pointerdown", "wheel", "pointermove"]) document.addEventListener(kind, () => { moved = true; }, { passive: true });
setInterval(() => {
  if (!moved || Date.now() - lastSaid < 60000) return;
  moved = false;
  lastSaid = Date.now();
  fetch("/active", { method: "POST", headers: headers() }).then((answer) => { if (answer.status === 401) signedOut(); }, () => {});
}, 10000);

/* ---------- begin ---------- */

window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
window.addEventListener("pagehide", () => stream?.close());
showAlarm();
afterSwap();
readyBox();
toEnd();
box()?.focus({ preventScroll: true });
if ($("notice").children.length) fade();
connect();
document.documentElement.dataset.desk = "ready"; // from here on the keys work; the tests wait for it
