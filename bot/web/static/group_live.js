/* Keeps a facilitator's or presenter's page fresh. Promises: only the living part is replaced; what has the focus keeps it;
   a lost stream is opened anew for as long as the page is open, and a button that did nothing says so. */
"use strict";
(() => {
  const AGAIN = 1500, SILENT = 25000; // milliseconds; the server says something every ten seconds
  const live = document.querySelector("#live"), lost = document.querySelector("#lost"), told = document.querySelector("#told");
  let source = null, seen = "", heard = Date.now(), over = false;

  function say(sentence) {
    told.textContent = sentence;
    told.hidden = !sentence;
  }
  function fresh() {
    heard = Date.now();
    lost.hidden = true;
  }
  function stop(sentence) {
    over = true;
    source?.close();
    lost.hidden = true;
    say(sentence);
  }
  const signedOut = () => stop("You are signed out. Sign in again to go on.");
  function out(sentence) { // it is not theirs any more: nothing of it stays on their screen
    live.replaceChildren();
    stop(sentence);
  }
  function connect() {
    source?.close();
    heard = Date.now();
    const mine = (source = new EventSource(`${live.dataset.events}&seen=${seen}`));
    mine.addEventListener("beat", fresh);
    mine.addEventListener("part", (event) => { fresh(); take(JSON.parse(event.data)); });
    mine.addEventListener("signed-out", signedOut);
    mine.addEventListener("out", (event) => out(JSON.parse(event.data).sentence));
    mine.onerror = () => {
      if (mine !== source || over) return;
      lost.hidden = false;
      mine.close(); // the browser's own retry ends for good at the first answer that is no stream
      setTimeout(async () => {
        if (mine !== source || over) return;
        await why(); // a stream cannot say why it was refused
        if (mine === source && !over) connect();
      }, AGAIN);
    };
  }
  async function why() {
    const enough = new AbortController();
    const answer = await fetch(live.dataset.events, { signal: enough.signal }).catch(() => null);
    if (answer?.status === 401) signedOut();
    if (answer?.status === 403) out(await sentenceOf(answer));
    enough.abort();
  }
  setInterval(() => { if (!over && Date.now() - heard > SILENT) { lost.hidden = false; connect(); } }, 5000);

  function take(part) {
    seen = part.digest;
    const held = live.contains(document.activeElement) ? document.activeElement : null;
    const place = held?.closest("section")?.getAttribute("aria-labelledby"); // a text that was shown or dropped took its buttons with it
    const open = [...live.querySelectorAll("details")].map((d) => d.open);
    live.innerHTML = part.html; // our own page's markup, from our own server, escaped there
    live.querySelectorAll("details").forEach((d, i) => { d.open = open[i] ?? d.open; });
    if (held) (document.getElementById(held.id) || document.getElementById(place) || live).focus({ preventScroll: true });
    document.documentElement.dataset.fresh = "yes";
  }

  // A button answers at once and the page stays where it is; without script it is a plain form.
  document.addEventListener("submit", async (event) => {
    if (!live.contains(event.target)) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    const answer = await fetch(event.target.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer && (answer.type === "opaqueredirect" || answer.ok)) say("");
    else if (answer && answer.status === 401) signedOut();
    else say(answer ? await sentenceOf(answer) : "That did not reach the server. Nothing has changed. Try again in a moment.");
  });
  async function sentenceOf(answer) {
    const page = new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html");
    return page.querySelector("[role=alert]:not([hidden])")?.textContent || "That did not work. Nothing has changed. Try again in a moment.";
  }

  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted && !over) connect(); });
  connect();
})();
