/* The conversation and the reply box: nothing that was typed is lost, nothing is sent twice. */

import { $, NOT_REACHED, all, headers, openCase, put, say, signedOut } from "./desk_page.js";

export const nearEnd = () => { const s = $("scroll"); return !s || s.scrollHeight - s.scrollTop - s.clientHeight < 80; };
export function toEnd() { const s = $("scroll"); if (s) s.scrollTop = s.scrollHeight; if ($("newer")) $("newer").hidden = true; }
export function grown(atEnd) { if (atEnd) toEnd(); else if ($("newer")) $("newer").hidden = false; }

export const box = () => $("reply-text");
const onTheWay = []; // messages not yet taken by the desk, in the order they were written
export const drafts = new Map(); // case -> what was typed; in memory only, gone with the tab
export const draft = () => (box() ? { id: openCase(), text: box().value, once: $("reply").elements.once.value } : null);
export function restore(kept) {
  if (!box() || kept.id !== openCase()) return;
  box().value = kept.text;
  $("reply").elements.once.value = kept.once;
  grow();
}
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}
export function grow() {
  const el = box();
  if (!el) return;
  el.rows = Math.min(8, Math.max(2, el.value.split("\n").length));
  const left = el.maxLength - el.value.length;
  const texts = el.dataset.channel === "sms" && el.value.length > 160 ? Math.ceil(el.value.length / 153) : 1;
  const words = [onTheWay.length ? "sending" : "", texts > 1 ? `goes as ${texts} texts` : "", left < 200 ? `${left} left` : ""];
  put($("counter"), words.filter(Boolean).join(", "));
}
export function readyBox() {
  if (!box()) return;
  const form = $("reply");
  if (!form.elements.once.value) form.elements.once.value = freshKey();
  const kept = drafts.get(openCase());
  if (kept && !box().value) restore(kept);
  grow();
}

/* The box is free for the next sentence at once; messages leave one after another, in order. */
export function sendWords(form) {
  const text = form.elements.text.value.trim();
  if (!text) return;
  onTheWay.push({ id: openCase(), text, once: form.elements.once.value });
  form.elements.text.value = "";
  form.elements.once.value = freshKey();
  drafts.delete(openCase());
  if (onTheWay.length === 1) carry();
  grow();
}
async function carry() {
  while (onTheWay.length) {
    if (!(await arrives(onTheWay[0]))) { bringBack(onTheWay.splice(0)); break; }
    onTheWay.shift();
  }
  grow();
  toEnd();
}
async function arrives({ id, text, once }) {
  const body = new URLSearchParams({ text, once });
  try {
    const answer = await fetch(`/case/${id}/say`, { method: "POST", headers: { ...headers(), "HX-Request": "true" }, body });
    if (answer.status === 401) signedOut();
    else if (answer.ok || [403, 404, 409].includes(answer.status)) {
      const html = await answer.text();
      if (id === openCase()) htmx.swap("#notice", html, { swapStyle: "none" });
    } else say(NOT_REACHED, true);
    return answer.ok;
  } catch {
    say(NOT_REACHED, true);
    return false;
  }
}
/* What did not arrive comes back with its key, so that sending it again cannot double it. */
function bringBack(messages) {
  for (const id of new Set(messages.map((m) => m.id))) {
    const lost = messages.filter((m) => m.id === id);
    const written = id === openCase() ? box()?.value : drafts.get(id)?.text;
    const text = [...lost.map((m) => m.text), written].filter(Boolean).join("\n");
    const kept = { id, text, once: lost.length === 1 && !written ? lost[0].once : freshKey() };
    drafts.set(id, kept);
    if (id === openCase()) restore(kept);
  }
  box()?.focus();
}

export function insertWords(text) {
  const el = box();
  if (!el) return;
  const gap = el.value && !/\s$/.test(el.value) ? " " : "";
  el.value += gap + text;
  showCanned(false);
  el.focus();
  grow();
}
export function showCanned(open) {
  const list = $("canned");
  if (!list) return;
  list.hidden = !open;
  $("canned-open").setAttribute("aria-expanded", String(open));
  if (open) (list.querySelector("[role=option]") || list).focus();
}
export function moveCanned(step) {
  const items = all("#canned [role=option]");
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}
