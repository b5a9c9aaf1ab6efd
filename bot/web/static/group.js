/* A young person's page in a group.
   Promises: every text and every tap goes to the server once it can, under one id; what is private is shown only on the
   page that wrote it; the key of the seat stays in this tab, so that a page loaded again has its seat, and on this device
   only where they asked for it. It goes when the group is over or they leave. Leaving is exit.js. */
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const words = {};
  for (const word of find("#words").content.querySelectorAll("[data-word]")) words[word.dataset.word] = word.textContent;
  const lang = document.documentElement.lang || "en";
  const KEY = "seat";
  let token = "", last = "0", own = {}, screen = null, said = {}, picked = {}, stop = null, gone = false, onDevice = false;

  /* ---- what stays: the key, and the last private line that was shown ---- */
  const drawer = (which) => { try { return window[which]; } catch { return null; } }; // a browser may refuse
  function keep() {
    try { drawer(onDevice ? "localStorage" : "sessionStorage").setItem(KEY, JSON.stringify({ token, last })); } catch { /* private mode */ }
  }
  function drop() {
    for (const which of ["sessionStorage", "localStorage"]) try { drawer(which).removeItem(KEY); } catch { /* private mode */ }
  }
  function kept(which) {
    try { return JSON.parse(drawer(which).getItem(KEY)); } catch { return null; }
  }
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };

  /* ---- leaving: exit.js empties the page first, then this ---- */
  (window.whenLeaving = window.whenLeaving || []).push(() => {
    gone = true;
    const old = token;
    token = "";
    drop();
    if (stop) stop.abort();
    if (old) call("DELETE", "/group/seats", null, old).catch(() => {});
  });

  /* ---- the doors ---- */
  function call(method, path, body, key = token) {
    return fetch(path, {
      method, cache: "no-store", credentials: "omit", keepalive: method === "DELETE",
      headers: { "Accept-Language": lang, ...(key && { Authorization: `Bearer ${key}` }), ...(body && { "Content-Type": "application/json" }) },
      body: body ? JSON.stringify(body) : undefined,
    });
  }
  async function surely(method, path, body) { // until it is answered: the same id, or the same answer, twice is once
    for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
      try {
        const answer = await call(method, path, body);
        if (answer.status !== 429 && answer.status < 500) { connected(true); return answer; }
        connected(answer.status === 429);
      } catch { connected(false); }
      if (gone) throw new Error("left");
      await new Promise((done) => setTimeout(done, wait));
    }
  }
  async function told(answer) {
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
  const connected = (yes) => { find("#connection").hidden = yes; };

  /* ---- joining, and coming back ---- */
  find("#join-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await call("POST", "/group/seats", { code: find("#code").value }).catch(() => null);
    if (!answer) { notice(words.refused); return; }
    if (!(await told(answer))) return;
    const seat = await answer.json();
    [token, last, onDevice] = [seat.token, "0", find("#keep").checked];
    sit(seat.nickname);
  });
  find("#keep-part").hidden = false;
  async function comeBack() {
    const before = kept("sessionStorage") || kept("localStorage");
    if (!before || !before.token) return;
    const answer = await call("GET", "/group/seat", null, before.token).catch(() => null);
    if (!answer || !answer.ok) { if (answer && answer.status === 401) drop(); return; }
    const seat = await answer.json();
    const back = () => { [token, last, onDevice] = [before.token, before.last, !kept("sessionStorage")]; sit(seat.nickname); };
    if (performance.getEntriesByType("navigation")[0]?.type === "reload") { back(); return; }
    find("#back").hidden = false;
    find("#back-yes").addEventListener("click", back);
    find("#back-no").addEventListener("click", () => { drop(); find("#back").hidden = true; find("#code").focus(); });
  }
  function sit(nickname) {
    keep();
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
    if (name === "said") line(value);
    if (id) { last = id; if (!screen || screen.state !== "ended") keep(); }
    if (name === "gone") over(words.gone);
  }
  function over(text) {
    token = "";
    drop();
    if (stop) stop.abort();
    [own, said, picked, screen] = [{}, {}, {}, null];
    find("#log").replaceChildren(); // for whoever has this phone next
    find("#seat").hidden = true;
    find("#join").hidden = false;
    notice(text);
  }

  /* ---- the step ---- */
  function show(next) {
    const same = screen && screen.step === next.step && screen.state === next.state;
    screen = next;
    if (same && find("#card").contains(document.activeElement) && find("#card input")) return; // somebody is writing here
    const card = find("#card");
    card.replaceChildren();
    card.classList.toggle("calm", next.state === "calm");
    if (next.state !== "running") {
      card.append(make("p", "say", words[next.state]));
      if (words[`${next.state}_more`]) card.append(make("p", "", words[`${next.state}_more`]));
      if (next.state === "ended") drop();
      return;
    }
    card.append(make("p", "where", `${next.number} / ${next.of}`), make("p", "say", next.say));
    card.querySelector(".say").lang = next.lang;
    if (next.options.length) card.append(options(next));
    if (next.kind === "practise" || next.kind === "cloud") card.append(field(next));
    if (said[next.step]) card.append(make("p", "after", said[next.step]));
    if (next.free && next.number < next.of) {
      const on = make("button", "plain", words.next);
      on.addEventListener("click", async () => { const a = await surely("POST", "/group/next", { from: next.number }); if (a.ok) show(await a.json()); });
      card.append(on);
    }
  }
  function options(step) {
    const many = step.kind === "many";
    const box = make("div", step.kind === "scale" ? "scale" : "mains");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", step.say);
    box.lang = step.lang;
    const chosen = () => new Set(picked[step.step] || own[step.step] || []);
    for (const option of step.options) {
      const button = make("button", "choice");
      button.type = "button";
      if (step.kind !== "scale") { const key = make("span", "key", option.key.toUpperCase()); key.setAttribute("aria-hidden", "true"); button.append(key); }
      button.append(make("span", "", option.label));
      button.setAttribute("aria-pressed", chosen().has(option.key));
      button.addEventListener("click", () => {
        if (!many) { send(step, [option.key]); return; }
        const now = chosen();
        now.has(option.key) ? now.delete(option.key) : now.add(option.key);
        picked[step.step] = [...now];
        button.setAttribute("aria-pressed", now.has(option.key));
      });
      box.append(button);
    }
    if (!many) return box;
    const all = make("div", "mains"), go = make("button", "send", words.send);
    go.type = "button";
    go.addEventListener("click", () => { if (chosen().size) send(step, [...chosen()]); });
    all.append(make("p", "quiet", words.pick_any), box, go);
    return all;
  }
  async function send(step, keys) {
    const again = own[step.step];
    own[step.step] = keys;
    show(screen);
    const answer = await surely("POST", "/group/answers", { step: step.step, options: keys });
    if (!(await told(answer))) { own[step.step] = again; show(screen); return; }
    const result = await answer.json();
    said[step.step] = result.said || (again ? words.saved_again : words.kept);
    show(screen);
  }
  function field(step) {
    const form = make("form", "line-form"), input = make("input"), label = make("label", "unseen", step.kind === "cloud" ? words.word : words.write);
    input.id = "step-text"; input.autocomplete = "off"; input.required = true; input.maxLength = step.kind === "cloud" ? 24 : 300;
    input.placeholder = step.kind === "cloud" ? words.word : words.write;
    label.htmlFor = "step-text";
    form.append(make("p", "quiet", step.kind === "cloud" ? words.word_more : words.try), label, input, make("button", "send", words.send));
    form.addEventListener("submit", (event) => { event.preventDefault(); text(input, "step"); });
    return form;
  }

  /* ---- words ---- */
  async function text(input, to) {
    const body = { id: newId(), text: input.value.trim(), to };
    if (!body.text) return;
    const typed = input.value;
    input.value = "";
    const answer = await surely("POST", "/group/texts", body);
    if (!(await told(answer))) { input.value = typed; return; }
    if (to === "box") find("#box-in").hidden = false;
  }
  function line(one) {
    const node = make("div", `said ${one.who}`);
    node.append(make("p", "name", one.name || (one.who === "bot" ? words.bot : "")), make("p", "text", one.text));
    const log = find("#log");
    log.querySelectorAll(".choices").forEach((old) => old.remove());
    if (one.choices.length) {
      const box = make("div", "choices mains");
      for (const choice of one.choices) {
        const button = make("button", "choice", choice.label);
        button.type = "button";
        button.addEventListener("click", () => choose(box, choice));
        box.append(button);
      }
      node.append(box);
    }
    log.append(node);
    find("#me-fold").open = true;
  }
  async function choose(box, choice) {
    if (box.getAttribute("aria-busy")) return; // one tap is one tap
    box.setAttribute("aria-busy", "true");
    const answer = await surely("POST", "/group/texts", { id: newId(), text: choice.key || choice.label, to: "me" });
    if (await told(answer)) box.remove(); else box.removeAttribute("aria-busy");
  }
  for (const [form, to] of [["#me-form", "me"], ["#box-form", "box"]]) {
    find(form).addEventListener("submit", (event) => { event.preventDefault(); text(find(`${form} input`), to); });
  }
  find("#person").addEventListener("click", async () => told(await surely("POST", "/group/texts", { id: newId(), text: "PERSON", to: "me" })));
  find("#leave").addEventListener("click", async () => { drop(); await surely("DELETE", "/group/seats"); over(words.left); });
  comeBack();
})();
