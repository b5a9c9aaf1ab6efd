/* A young person's page in a group: the seat, its stream, and the step. What is private is group_private.js.
   Promises: every text and every tap goes to the server once it can; what has the focus keeps it; the key of the seat stays
   in this tab, so that a page loaded again has its seat, and on this device only where they asked for it. The device gives
   it up when the group is over, unless people are with them, and both do when they leave. Leaving at once is exit.js. */
"use strict";
(() => {
  if (!window.linked || !window.privateTalk || !Element.prototype.replaceChildren) return; // the form still works: the code opens the chat
  const find = (selector) => document.querySelector(selector);
  const words = {};
  for (const word of find("#words").content.querySelectorAll("[data-word]")) words[word.dataset.word] = word.textContent;
  const lang = document.documentElement.lang || "en";
  const KEY = "seat";
  let token = "", last = "0", own = {}, screen = null, said = {}, picked = {}, stop = null, gone = false, onDevice = false;
  const card = find("#card"), talk = privateTalk({ words, told, post: (path, body, trouble) => surely("POST", path, body, { trouble }) });

  /* ---- what stays: the key, and the last private line that was shown ---- */
  const drawer = (which) => { try { return window[which]; } catch { return null; } }; // a browser may refuse
  function keep() {
    const over = screen && screen.state === "ended" && !talk.withPeople();
    const [here, elsewhere] = onDevice && !over ? ["localStorage", "sessionStorage"] : ["sessionStorage", "localStorage"];
    try {
      if (onDevice) drawer(elsewhere).removeItem(KEY); // what lies on the device without that belongs to another tab
      drawer(here).setItem(KEY, JSON.stringify({ token, last }));
    } catch { /* private mode */ }
  }
  function drop() {
    for (const which of ["sessionStorage", "localStorage"]) try { drawer(which).removeItem(KEY); } catch { /* private mode */ }
  }
  function kept(which) {
    try { return JSON.parse(drawer(which).getItem(KEY)); } catch { return null; }
  }
  const before = () => kept("sessionStorage") || kept("localStorage") || {};
  const giveBack = (key) => { if (key) call("DELETE", "/group/seats", null, key).catch(() => {}); };
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };

  /* ---- leaving: exit.js empties the page first, then this ---- */
  (window.whenLeaving = window.whenLeaving || []).push(() => {
    gone = true;
    const old = token || before().token; // it may not have come back to its seat yet
    token = "";
    drop();
    if (stop) stop.abort();
    giveBack(old);
  });

  /* ---- the doors ---- */
  function call(method, path, body, key = token) {
    return fetch(path, {
      method, cache: "no-store", credentials: "omit", keepalive: method === "DELETE",
      headers: { "Accept-Language": lang, ...(key && { Authorization: `Bearer ${key}` }), ...(body && { "Content-Type": "application/json" }) },
      body: body ? JSON.stringify(body) : undefined,
    });
  }
  /* Until it is answered: the same id, or the same answer, twice is once. Gives nothing when the seat was left meanwhile,
     unless ``key`` says for which seat it is meant. */
  async function surely(method, path, body, { key = null, trouble = () => {} } = {}) {
    const mine = key || token;
    for (let wait = 500; mine && !gone && (key || mine === token); wait = Math.min(wait * 2, 8000)) {
      try {
        const answer = await call(method, path, body, mine);
        if (answer.status !== 429 && answer.status < 500) { connected(true); return answer; }
        connected(answer.status === 429);
      } catch { connected(false); }
      trouble();
      await new Promise((done) => setTimeout(done, wait));
    }
    return null;
  }
  async function told(answer) {
    if (!answer) return false;
    if (answer.ok) { notice(""); return true; }
    let text = words.refused;
    try { text = (await answer.json()).error || text; } catch { /* no words came */ }
    notice(text);
    return false;
  }
  function notice(text) {
    const node = find("#notice");
    node.hidden = !text;
    node.textContent = text;
  }
  function connected(yes) {
    find("#connection").hidden = yes;
    talk.known(yes);
  }

  /* ---- joining, and coming back ---- */
  find("#join-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const go = find("#join-form button");
    if (go.disabled) return; // a second tap would take a second seat
    go.disabled = true;
    const answer = await call("POST", "/group/seats", { code: find("#code").value }).catch(() => null);
    const seat = answer && answer.ok ? await answer.json() : null;
    if (gone) { giveBack(seat?.token); return; } // a seat that comes after they left is nobody's
    go.disabled = false;
    if (!seat) { if (answer) await told(answer); else notice(words.refused); return; }
    notice("");
    [token, last, onDevice] = [seat.token, "0", find("#keep").checked];
    sit(seat);
    card.focus();
  });
  find("#keep-part").hidden = false;
  async function comeBack() {
    const old = before();
    if (!old.token) return;
    const answer = await call("GET", "/group/seat", null, old.token).catch(() => null);
    if (!answer || !answer.ok) { if (answer && answer.status === 401) drop(); return; }
    const seat = await answer.json();
    if (gone) return;
    const back = () => { [token, last, onDevice] = [old.token, old.last, !kept("sessionStorage")]; sit(seat); };
    if (performance.getEntriesByType("navigation")[0]?.type === "reload") { back(); return; }
    find("#back").hidden = false;
    find("#back-yes").addEventListener("click", () => { back(); card.focus(); });
    find("#back-no").addEventListener("click", () => { drop(); find("#back").hidden = true; find("#code").focus(); });
  }
  function sit({ nickname, region }) {
    keep();
    if (region && !find("#help-inside > .help-here")) nearest(region); // what they chose themselves stays
    find("#join").hidden = true;
    find("#seat").hidden = false;
    find("#nick").textContent = words.you.replace("{nickname}", nickname);
    listen();
  }

  /* ---- the stream ---- */
  async function listen() {
    for (let wait = 500; token && !gone; wait = Math.min(wait * 2, 8000)) {
      stop = new AbortController();
      try {
        const answer = await fetch("/group/events", {
          headers: { Authorization: `Bearer ${token}`, "Accept-Language": lang, "Last-Event-ID": last }, cache: "no-store", credentials: "omit", signal: stop.signal,
        });
        if (answer.status === 401) { over(words.gone); return; }
        if (!answer.ok) throw new Error("no stream");
        connected(true);
        wait = 500;
        const reader = answer.body.getReader(), decoder = new TextDecoder();
        let rest = "", silence = 0;
        for (;;) {
          clearTimeout(silence);
          silence = setTimeout(() => stop.abort(), 40000);
          const { done, value } = await reader.read();
          if (done) break;
          const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
          rest = blocks.pop();
          blocks.forEach(take);
        }
      } catch { /* a dead network: said below, tried again */ }
      if (gone || !token) return;
      connected(false);
      await new Promise((done) => setTimeout(done, wait));
    }
  }
  function take(block) {
    const [name, data, id] = ["event", "data", "id"].map((field) => (block.match(new RegExp(`^${field}: (.*)$`, "m")) || [])[1]);
    if (!name || !data || !token) return;
    const value = JSON.parse(data);
    if (name === "own") { own = value; if (screen) show(screen); }
    if (name === "screen") show(value);
    if (name === "said") talk.line(value);
    if (name === "here") talk.here(value.name);
    if (name === "asked") talk.asked(value.asked);
    if (name === "typing") talk.types();
    if (id) last = id;
    if (name === "gone") over(words.gone); else keep();
  }
  function over(text) {
    const held = find("#seat").contains(document.activeElement);
    token = "";
    drop();
    if (stop) stop.abort();
    [own, said, picked, screen] = [{}, {}, {}, null];
    card.replaceChildren();
    voice?.quiet();
    talk.clear(); // for whoever has this phone next
    for (const form of ["#me-form", "#box-form"]) find(form).reset();
    find("#seat").hidden = true;
    find("#join").hidden = false;
    notice(text);
    if (held) find("#main").focus();
  }

  /* ---- the step ---- */
  function show(next) { // drawn anew only when it is another: what is pressed keeps the focus, and nothing is read out twice
    const same = screen && ["state", "step", "say", "lang"].every((name) => screen[name] === next[name]);
    screen = next;
    if (!same) draw(next);
    if (next.options) freshen(next);
  }
  const voice = window.readAloud?.(() => (screen && token ? seen(screen) : [[]]));
  /* What is read aloud: what everybody in the room sees anyway. Not what was answered, and not the private talk: others hear it. */
  function seen(now) {
    const words_ = now.state === "running" ? [now.say, ...now.options.map((option) => option.label)] : [words[now.state], words[`${now.state}_more`]];
    return [words_.filter(Boolean), now.state === "running" ? now.lang : lang];
  }
  function draw(next) {
    const held = card.contains(document.activeElement);
    card.replaceChildren();
    card.classList.toggle("calm", next.state === "calm");
    if (next.state === "running") drawStep(next);
    else for (const word of [words[next.state], words[`${next.state}_more`]]) if (word) card.append(make("p", card.firstChild ? "" : "say", word));
    if (held) card.focus();
    voice?.quiet(); // the step before is over
    voice?.say(...seen(next));
  }
  function drawStep(next) {
    card.append(make("p", "where", `${next.number} / ${next.of}`), make("p", "say", next.say));
    card.querySelector(".say").lang = next.lang;
    if (next.options.length) card.append(options(next));
    if (next.kind === "practise" || next.kind === "cloud") card.append(field(next));
    card.append(make("p", "after"));
    if (next.free && next.number < next.of) {
      const on = make("button", "plain", words.next);
      on.type = "button";
      on.addEventListener("click", async () => { const a = await surely("POST", "/group/next", { from: next.number }); if (a && a.ok) show(await a.json()); });
      card.append(on);
    }
  }
  const chosen = (step) => new Set(picked[step.step] || own[step.step] || []);
  function freshen(step) { // their own answer, and what is said to it
    for (const button of card.querySelectorAll("[data-key]")) button.setAttribute("aria-pressed", chosen(step).has(button.dataset.key));
    const after = card.querySelector(".after"), text = said[step.step] || "";
    if (after.textContent !== text) after.textContent = text;
    after.hidden = !text;
  }
  function options(step) {
    const many = step.kind === "many";
    const box = make("div", step.kind === "scale" ? "scale" : "mains");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", step.say);
    box.lang = step.lang;
    for (const option of step.options) {
      const button = make("button", "choice");
      button.type = "button";
      if (step.kind !== "scale") { const key = make("span", "key", option.key.toUpperCase()); key.setAttribute("aria-hidden", "true"); button.append(key); }
      button.append(make("span", "label", option.label));
      button.dataset.key = option.key;
      button.addEventListener("click", () => {
        if (!many) { send(step, [option.key]); return; }
        const now = chosen(step);
        now.has(option.key) ? now.delete(option.key) : now.add(option.key);
        picked[step.step] = [...now];
        freshen(step);
      });
      box.append(button);
    }
    if (!many) return box;
    const all = make("div", "mains"), go = make("button", "send", words.send);
    go.type = "button";
    go.addEventListener("click", () => { if (chosen(step).size) send(step, [...chosen(step)]); });
    all.append(make("p", "quiet", words.pick_any), box, go);
    return all;
  }
  /* One after the other: an answer that is tried again must not come after the one that replaced it. */
  const under_way = {}, wanted = {};
  async function send(step, keys) {
    const again = own[step.step];
    own[step.step] = wanted[step.step] = keys;
    show(screen);
    const mine = (under_way[step.step] || Promise.resolve()).then(() =>
      wanted[step.step] === keys ? surely("POST", "/group/answers", { step: step.step, options: keys }) : null);
    under_way[step.step] = mine.catch(() => {});
    const answer = await mine;
    if (!answer || wanted[step.step] !== keys) return;
    if (await told(answer)) said[step.step] = (await answer.json()).said || (again ? words.saved_again : words.kept);
    else own[step.step] = again;
    if (screen) show(screen);
  }
  function field(step) {
    const form = make("form", "line-form"), input = make("input"), label = make("label", "unseen", step.kind === "cloud" ? words.word : words.write);
    input.id = "step-text"; input.autocomplete = "off"; input.required = true; input.maxLength = step.kind === "cloud" ? 24 : 300;
    input.placeholder = step.kind === "cloud" ? words.word : words.write;
    label.htmlFor = "step-text";
    form.append(make("p", "quiet", step.kind === "cloud" ? words.word_more : words.try), label, input, make("button", "send", words.send));
    form.addEventListener("submit", (event) => { event.preventDefault(); text(input, "step", step.step); });
    return form;
  }

  /* ---- words ---- */
  async function text(input, to, step) {
    const typed = input.value;
    if (!typed.trim()) return;
    input.value = "";
    if (await talk.say(typed.trim(), to, typed.trim(), step) === false) input.value = [typed, input.value].filter(Boolean).join(" "); // before what was begun since
  }
  for (const [form, to] of [["#me-form", "me"], ["#box-form", "box"]]) {
    find(form).addEventListener("submit", (event) => { event.preventDefault(); text(find(`${form} input`), to); });
  }
  find("#person").addEventListener("click", (event) => talk.say("PERSON", "me", event.target.textContent));
  find("#leave").addEventListener("click", () => { // the page first: a dead network shows nobody what was said here
    const mine = token;
    over(words.left);
    surely("DELETE", "/group/seats", null, { key: mine });
  });
  comeBack();
})();
