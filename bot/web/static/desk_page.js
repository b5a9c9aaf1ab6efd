/* What every part of the desk's page uses: finding things, keeping a choice, a word to the worker. */

export const NOT_REACHED = "That did not reach the desk. Check the connection, then try again. Nothing was lost.";
export const $ = (id) => document.getElementById(id);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const openCase = () => $("case")?.dataset.case || "";
export const put = (el, text) => { if (el.textContent !== text) el.textContent = text; };

/* Only choices about the page itself are kept, never anything of a conversation. */
export const store = {
  get: (k) => { try { return localStorage.getItem(k); } catch { return null; } },
  set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private window */ } },
};
export const signedOut = () => document.dispatchEvent(new Event("desk:signed-out"));
export const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));

let hush = 0;
export function say(sentence, refused = false) {
  const p = document.createElement("p");
  p.textContent = sentence;
  if (refused) p.className = "refused";
  $("notice").replaceChildren(p);
  fade();
}
export function fade() {
  clearTimeout(hush);
  const refused = $("notice").querySelector(".refused");
  hush = setTimeout(() => $("notice").replaceChildren(), refused ? 12000 : 5000);
}
