/* Clocks that run: how long somebody waits, and until when. They count the server's time, not this machine's. */

import { all, put } from "./desk_page.js";

let ahead = Date.parse(document.body.dataset.now) - Date.now();
export const setNow = (iso) => { ahead = Date.parse(iso) - Date.now(); };
export const serverNow = () => Date.now() + ahead;

const two = (n) => String(n).padStart(2, "0");
function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  return s < 86400 ? `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}` : `${Math.floor(s / 86400)} d`;
}
function spoken(ms) {
  const m = Math.floor(ms / 60000);
  return m < 1 ? "less than a minute" : m < 60 ? `${m} minutes` : `${Math.floor(m / 60)} hours ${m % 60} minutes`;
}

export function tick(root = document) {
  const now = serverNow();
  for (const el of all("[data-since]", root)) {
    const ms = now - Date.parse(el.dataset.since);
    put(el, span(ms));
    el.setAttribute("aria-label", `${spoken(ms)} ago`);
  }
  for (const el of all("[data-until]", root)) {
    const ms = Date.parse(el.dataset.until) - now;
    const late = ms < -10000; // within a breath of the deadline it is neither early nor late
    put(el, late ? `${span(-ms)} late` : ms < 0 ? "due now" : `${span(ms)} to take`);
    el.classList.toggle("late", late);
    el.classList.toggle("soon", !late && ms < 30000);
  }
}
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
export function localClocks(root = document) {
  for (const el of all("[data-clock]", root)) {
    const at = new Date(el.dataset.clock);
    const today = new Date(serverNow()).toDateString() === at.toDateString();
    put(el, today ? hours.format(at) : `${day.format(at)} ${hours.format(at)}`);
  }
}
setInterval(tick, 1000);
