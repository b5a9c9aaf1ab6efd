/* The youth page, live. Adds to forms that already work without it.
   Promises: nothing is stored; the token lives in this closure and travels in a header; a message is
   sent until it is kept, always under one id; history never grows; leaving empties the page at once. */
"use strict";
(() => {
  if (!window.fetch || !window.ReadableStream || !window.TextDecoder || !window.linked) return; // the forms still work
  if (!window.SubmitEvent || !("submitter" in SubmitEvent.prototype) || !HTMLFormElement.prototype.requestSubmit) return; // as above: Safari before 16

  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const html = document.documentElement;
  const lang = html.lang || "en";
  const words = {};
  for (const word of all("[data-word]", find("#words").content)) words[word.dataset.word] = word.textContent;
  const log = find("#log"), composer = find("#composer"), box = find("#text"), chat = find("#chat"), start = find("#start");

  let token = find("[name=token]", composer).value;
  let band = find("#composer [name=band]").value, region = find("#region")?.value || find("#composer [name=region]").value;
  const along = window.along = window.along || {}; // what our own links take with them (exit.js)
  along.region = region;
  let lastSeq = Math.max(0, ...all("[data-seq]", log).map((line) => Number(line.dataset.seq)));
  let queue = []; // not yet kept by the server, in order
  let mine = []; // shown here, not yet come back on the stream
  let era = 0, opening = null; // leaving and deleting begin another era: what was asked for before is nobody's any more
  let left = false, deleting = false, pumping = null, listening = null, anchor = null, anchorAt = 0, wake = () => {};
  let helper = find("#with").dataset.name || null, asked = find("#with").dataset.person === "asked"; // who is here: a person by first name, the bot while a person is asked, or the bot

  html.classList.add("js");

  /* ---- leaving: exit.js empties the page first, then this ---- */
  (window.whenLeaving = window.whenLeaving || []).push(() => {
    left = true;
    if (token) leaveOnServer(token).catch(() => {});
    newEra();
    if (listening) listening.abort();
  });
  function newEra() {
    era += 1;
    token = ""; queue = []; mine = []; opening = null;
  }

  /* ---- talking to the server ---- */
  const headers = (more) => ({ "Accept-Language": lang, ...(token && { Authorization: `Bearer ${token}` }), ...more });
  const inTime = (ms) => (AbortSignal.timeout ? AbortSignal.timeout(ms) : undefined);
  const send = (method, path, body) => fetch(path, {
    method, headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body),
    cache: "no-store", credentials: "omit", signal: inTime(15000),
  });
  const post = (path, body) => send("POST", path, body), put = (path, body) => send("PUT", path, body);
  const close = (path, old) => fetch(path, {
    method: "DELETE", headers: { Authorization: `Bearer ${old}` }, keepalive: true, credentials: "omit", signal: inTime(15000),
  });
  const forgetOnServer = (old) => close("/chat/threads", old);
  const leaveOnServer = (old) => close("/chat/token", old);
  const sentence = async (answer) => {
    try { return (await answer.json()).error || words.refused; } catch { return words.refused; }
  };
  const pause = (ms) => new Promise((done) => { const timer = setTimeout(done, ms); wake = () => { clearTimeout(timer); done(); }; });
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const open = (text) => (opening = opening || thread(text)); // asked for twice is still one
  async function thread(text) {
    const wish = { band, region, lang }, since = era;
    try {
      let answer = await post("/chat/threads", wish);
      if (answer.status === 429 && text && since === era) answer = await post("/chat/threads", { ...wish, text }); // no pace silences danger
      if (answer.ok) holds((await answer.json()).token, since);
      return answer;
    } finally { if (since === era) opening = null; }
  }
  function holds(made, since) { // false where the page was left, or its chat deleted, while the answer was on its way
    if (since !== era) { leaveOnServer(made).catch(() => {}); return false; }
    token = made;
    listen();
    return true;
  }

  const done = (item) => { queue = queue.filter((other) => other !== item); };
  async function pump() {
    if (pumping) return;
    const me = pumping = {};
    let wait = 1000;
    while (queue.length && !left && pumping === me) {
      const item = queue[0];
      try {
        const opened = token ? null : await open(item.text), by = token;
        if (!queue.includes(item)) continue; // left, or deleted, before it was sent
        const answer = opened && !opened.ok ? opened : await post("/chat/messages", { id: item.id, text: item.text });
        if (!queue.includes(item)) continue; // or meanwhile: the answer is to nobody
        if (answer.status === 202) { done(item); wait = 1000; connected(true); kept(item); continue; }
        if (answer.status === 401) { over(by); break; }
        if (answer.status !== 429 && answer.status < 500) { done(item); refused(item, await sentence(answer)); continue; }
        wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") || 0));
      } catch { if (!queue.includes(item)) continue; connected(false); }
      fate(item, "unsent");
      await pause(wait);
      wait = Math.min(wait * 2, 15000);
    }
    if (pumping === me) pumping = null;
  }

  async function listen() {
    if (listening || !token) return;
    let wait = 500;
    while (token && !left) {
      const stop = listening = new AbortController(), by = token;
      try {
        const answer = await fetch("/chat/events", {
          headers: headers({ Accept: "text/event-stream", "Last-Event-ID": String(lastSeq) }),
          cache: "no-store", credentials: "omit", signal: stop.signal,
        });
        if (answer.status === 401) { if (by !== token) continue; over(by); break; }
        if (!answer.ok) throw new Error("no stream");
        connected(true); wait = 500;
        await read(answer.body.getReader(), stop, by);
      } catch { /* a dead network: said below, tried again */ }
      if (left || !token) break;
      connected(false);
      await Promise.race([pause(wait), new Promise((done) => addEventListener("online", done, { once: true }))]);
      wait = Math.min(wait * 2, 10000);
    }
    listening = null;
  }

  async function read(reader, stop, by) {
    const decoder = new TextDecoder();
    let rest = "", silence = 0;
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => stop.abort(), 40000); }; // beats come every 15 s
    heard();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        connected(true);
        const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
        rest = blocks.pop();
        blocks.forEach((block) => { // a mistake of ours is told as one, never taken for a dead network
          try { take(block, by); } catch (error) { setTimeout(() => { throw error; }); }
        });
      }
    } finally { clearTimeout(silence); }
  }

  function take(block, by) {
    const event = {};
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trim();
    }
    if (event.event === "gone") over(by, JSON.parse(event.data).why);
    if (event.event === "typing") helperTypes();
    if (event.event === "asked") here(helper, JSON.parse(event.data).asked);
    if (event.event !== "said") return;
    const said = JSON.parse(event.data);
    if (said.seq <= lastSeq) return; // seen before the connection broke
    lastSeq = said.seq;
    if (said.who === "you") ownCameBack(said); else show(said);
  }

  /* ---- the transcript ---- */
  function make(tag, name, text) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  const spoken = (text) => { const node = make("p", "text", text); node.dir = "auto"; return node; }; // in whatever direction it is written
  const named = (sentence_, name) => sentence_.replace("{name}", () => name);
  const low = () => html.classList.contains("low"); // bar.js says so: there the whole page scrolls
  const scroller = () => (low() ? document.scrollingElement : log);
  const logTop = () => (low() ? find(".bar").offsetHeight : log.getBoundingClientRect().top);
  const nearEnd = () => { const all_ = scroller(); return all_.scrollHeight - all_.scrollTop - all_.clientHeight < 120; };
  const toEnd = () => { scroller().scrollTop = scroller().scrollHeight; };

  function show(said) {
    const follow = nearEnd();
    const node = make("div", `said ${said.who} fresh`);
    node.dataset.seq = said.seq;
    const who = { bot: words.bot, helper: said.name ? named(words.helper, said.name) : words.helper_unnamed }[said.who];
    if (who) node.append(make("p", "name", who));
    node.append(withNumbers(said));
    if (said.choices.length) { all(".choices", log).forEach((form) => spend(form)); node.append(choices(said.choices)); }
    log.insertBefore(node, all(".you:not([data-seq])", log)[0] || null);
    answered();
    find("#typing").hidden = true;
    if (said.who === "bot") here(null); else if (said.name) here(said.name);
    if (said.choices.length || said.name) inLesson(said.place);
    if (!anchor || Date.now() - anchorAt > 10000) [anchor, anchorAt] = [node, Date.now()]; // what is older was seen
    settle(follow);
    aloud(said);
  }

  function withNumbers(said) {
    const text = spoken("");
    text.append(...linked(said.parts || [[said.text, null]]));
    return text;
  }

  function choices(offered) {
    const form = make("form", "choices");
    const mains = make("div", "mains"), asides = make("div", "asides");
    mains.setAttribute("role", "group");
    mains.setAttribute("aria-label", words.your_choices);
    for (const choice of offered) {
      const button = make("button", choice.aside ? "aside" : "choice");
      button.name = "text";
      button.value = choice.key || choice.label;
      if (choice.key.length && choice.key.length < 3 && !choice.aside) { // a letter helps; a keyword would shout
        const key = make("span", "key", choice.key);
        key.setAttribute("aria-hidden", "true");
        button.append(key);
      }
      button.append(make("span", "label", choice.label));
      (choice.aside ? asides : mains).append(button);
    }
    form.append(mains, asides);
    return form;
  }

  const label = (button) => find("span:last-child", button)?.textContent || button.textContent; // without its letter

  function spend(form, pressed = null) { // the pressed one stays reachable, so that focus is not lost
    form.classList.add("spent");
    all("button", form).forEach((button) => { if (button !== pressed && button.ariaPressed !== "true") button.disabled = true; });
    if (!pressed) return;
    pressed.setAttribute("aria-pressed", "true");
    pressed.setAttribute("aria-disabled", "true");
  }
  function unspend(form) {
    form.classList.remove("spent");
    for (const button of all("button", form)) {
      button.disabled = false;
      button.removeAttribute("aria-pressed");
      button.removeAttribute("aria-disabled");
    }
  }

  function here(name, isAsked = asked) {
    [helper, asked] = [name, isAsked];
    const line = find("#with"), text = wasOff ? words.with_unsure : name ? named(words.with_person, name) : asked ? words.with_asked : words.with_bot;
    if (line.textContent !== text) line.textContent = text;
    line.dataset.person = name ? "yes" : asked ? "asked" : "no";
  }

  function inLesson(place) { // where a lesson stands; there is nothing to win or lose in it
    const line = find("#place"), bar = find("progress", line);
    line.hidden = !place;
    if (!place) return;
    [bar.value, bar.max] = [0, place[1]];
    bar.value = place[0];
    find("span", line).textContent = words.place.replace("{step}", place[0]).replace("{steps}", place[1]);
  }

  let typed = 0;
  function helperTypes() { // said on screen only: spoken every few seconds it would drown the talk
    const dots = find("#typing");
    clearTimeout(typed);
    dots.hidden = false;
    typed = setTimeout(() => { dots.hidden = true; }, 7000);
  }

  function settle(follow) {
    if (!follow) { find("#newer").hidden = false; return; }
    toEnd();
    if (anchor) { // never past the start of the first new message
      scroller().scrollTop += Math.min(0, anchor.getBoundingClientRect().top - logTop() - 12);
    }
    find("#newer").hidden = true;
  }
  find("#newer").addEventListener("click", () => { toEnd(); find("#newer").hidden = true; box.focus(); });
  for (const place of [log, document]) place.addEventListener("scroll", () => { if (nearEnd()) find("#newer").hidden = true; }, { passive: true });

  /* ---- what the young person says ---- */
  function say(text, shown = text, form = null) {
    const node = make("div", "said you");
    node.append(make("p", "name", words.you), spoken(shown));
    answered();
    log.append(node);
    const item = { id: newId(), text, shown, node, form };
    queue.push(item); mine.push(item);
    setTimeout(() => { if (queue.includes(item) && !node.dataset.fate) fate(item, "sending"); }, 600);
    anchor = null;
    settle(true);
    if (!wasOff) tell("");
    pump();
  }

  function fate(item, is, text = words[is]) {
    item.node.dataset.fate = is;
    const line = find(".fate", item.node) || item.node.appendChild(make("p", "fate"));
    line.setAttribute("aria-hidden", "true"); // the connection line says it aloud; twice would be noise
    line.textContent = text;
    if (nearEnd()) settle(true);
  }

  const answered = () => all('.you[data-fate="sent"] .fate', log).forEach((old) => old.remove()); // only the newest words wait
  function kept(item) {
    if (log.lastElementChild !== item.node && item.node.dataset.seq) { find(".fate", item.node)?.remove(); return; }
    fate(item, "sent");
    setTimeout(() => { if (find(".fate", item.node) && item.node.isConnected) fate(item, "sent", words.waiting_answer); }, 2500);
  }

  function ownCameBack(said) {
    const same = mine.findIndex((item) => item.text.trim() === said.text.trim());
    const at = same >= 0 ? same : mine.length ? 0 : -1;
    if (at < 0) { show({ ...said, choices: [] }); return; }
    mine.splice(at, 1)[0].node.dataset.seq = said.seq;
  }

  function refused(item, why) {
    item.node.remove();
    mine = mine.filter((other) => other !== item);
    if (item.form) unspend(item.form);
    else { box.value = [item.text, box.value].filter(Boolean).join("\n"); grow(); } // before what was begun since
    tell(why, true);
  }

  function over(by, why = "") { // the chat that this token opened is over for this page
    if (left || deleting || by !== token || chat.dataset.over) return;
    chat.dataset.over = "yes";
    queue.forEach((item) => fate(item, "refused"));
    token = ""; queue = []; mine = [];
    answered();
    if (why === "forgotten") all(".said:not(.opening)", log).forEach((node) => node.remove()); // they wanted nothing of it left
    all(".choices", log).forEach((form) => spend(form));
    const note = make("div", "said note");
    note.append(spoken(words[`gone_${why}`] || words.gone));
    log.append(note);
    const held = composer.contains(document.activeElement);
    composerShown(false);
    if (held) find("#again").focus(); // the next step, and not the top of the page
    inLesson(null);
    tell("");
    settle(true);
  }
  function composerShown(yes) { // with it goes what only a chat that goes on can have
    composer.hidden = !yes;
    find("#with").hidden = !yes;
    find("#again").hidden = yes;
    for (const fold of all(".needs-chat")) fold.hidden = !yes;
  }

  /* ---- the connection, told as it is ---- */
  const line = find("#connection");
  let doubt = 0, wasOff = false;
  function tell(text, bad = false) {
    const follow = nearEnd();
    line.textContent = text;
    line.hidden = !text;
    line.classList.toggle("off", bad);
    if (follow) toEnd();
  }
  function connected(yes) {
    if (yes) {
      clearTimeout(doubt); doubt = 0;
      if (!wasOff) return;
      unsure(false);
      tell(words.online);
      setTimeout(() => { if (!wasOff && line.textContent === words.online) tell(""); }, 4000);
    } else if (!doubt && !wasOff) {
      doubt = setTimeout(() => { doubt = 0; unsure(true); if (!left && !chat.dataset.over) tell(words.offline, true); }, navigator.onLine === false ? 0 : 1500);
    }
  }
  const unsure = (yes) => { wasOff = yes; find("#with").classList.toggle("unsure", yes); here(helper); }; // who is here cannot be known now
  addEventListener("online", () => wake());
  addEventListener("offline", () => { if (token || queue.length) connected(false); });

  /* ---- the forms, taken over ---- */
  function showChat() {
    start.hidden = true; chat.hidden = false;
    find("#notice").hidden = true;
    document.body.className = "in-chat";
  }
  find("#begin").addEventListener("submit", (event) => {
    event.preventDefault();
    band = find("[name=band]:checked")?.value || "";
    const way = event.submitter || find("[name=do]", start);
    all("details.drop").forEach((drop) => { drop.open = false; });
    showChat();
    if (way.dataset.text) { say(way.dataset.text, find("b", way).textContent); log.focus({ preventScroll: true }); } else box.focus();
  });
  find("#region")?.addEventListener("change", (event) => { region = event.target.value; nearest(region); });

  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) { box.focus(); return; }
    box.value = "";
    grow();
    say(text);
    box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  const grow = () => {
    if (window.CSS && CSS.supports("field-sizing", "content")) return;
    box.style.blockSize = "auto";
    box.style.blockSize = `${box.scrollHeight + 4}px`;
  };
  let toldTyping = 0;
  box.addEventListener("input", () => {
    grow();
    if (find("#with").dataset.person !== "yes" || !token || Date.now() - toldTyping < 3000) return;
    toldTyping = Date.now();
    post("/chat/typing", {}).catch(() => {});
  });

  log.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter, form = event.target;
    if (!button || form.classList.contains("spent")) return;
    spend(form, button);
    say(button.value, label(button), form);
  });

  /* ---- a way back, kept only if they ask for it ---- */
  find("#keep").addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = find("#way-back"), since = era;
    try {
      const opened = token ? null : await open(), by = token;
      if (since !== era) return;
      const answer = opened && !opened.ok ? opened : await put("/chat/way-back", { word: find("#keep-word").value.trim() });
      if (answer.status === 401) { find("#menu").open = false; over(by); return; }
      said.textContent = answer.ok ? words.word_made.replace("{word}", (await answer.json()).way_back) : await sentence(answer);
      if (answer.ok) find("#keep-word").value = "";
    } catch { said.textContent = words.word_failed; }
    said.hidden = false;
  });
  find("#return").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = find("#return-word"), since = era;
    let why = words.word_failed;
    try {
      const answer = await post("/chat/way-back", { way_back: field.value });
      if (answer.ok) {
        if (!holds((await answer.json()).token, since)) return;
        field.value = "";
        showChat();
        log.focus({ preventScroll: true });
        return;
      }
      why = await sentence(answer);
    } catch { /* said below */ }
    notice(why);
  });

  find("#forget").addEventListener("submit", async (event) => {
    event.preventDefault();
    deleting = true; // the stream says "gone" as well, maybe first
    try {
      if (token && !(await forgetOnServer(token)).ok) throw new Error("not forgotten");
    } catch { deleting = false; find("#menu").open = false; tell(words.delete_failed, true); listen(); pump(); return; }
    deleting = false;
    newEra();
    lastSeq = 0; anchor = null; helper = null; asked = false; pumping = null;
    if (listening) listening.abort();
    clearTimeout(doubt); doubt = 0; unsure(false);
    delete chat.dataset.over;
    composerShown(true);
    all(".said:not(.opening)", log).forEach((node) => node.remove());
    box.value = "";
    all("details").forEach((fold) => { fold.open = false; });
    here(null);
    tell("");
    chat.hidden = true; start.hidden = false;
    document.body.className = "at-start";
    find("#way-back").hidden = true;
    inLesson(null);
    notice(words.forgotten);
    find("#main").focus();
  });
  function notice(text) {
    const line_ = find("#notice");
    line_.textContent = text;
    line_.hidden = false;
    line_.scrollIntoView({ block: "nearest" });
  }
  find(".skip").addEventListener("click", () => { if (!chat.hidden) box.focus(); }); // after bar.js

  /* ---- reading ---- */
  find("#reading").addEventListener("change", () => { // before bar.js: larger letters must not scroll away what was being read
    if (chat.hidden) return;
    const follow = nearEnd(), top = logTop();
    const reading = all(".said", log).find((one) => one.getBoundingClientRect().top >= top - 1);
    setTimeout(() => {
      if (follow || !reading) settle(follow);
      else scroller().scrollTop += reading.getBoundingClientRect().top - logTop() - 12;
    });
  }, true);

  const voice = window.readAloud?.(() => {
    const newest = all(".bot, .helper", log).pop();
    return [newest && !chat.hidden ? [find(".text", newest).textContent, ...all(".choice", newest).map(label)] : []];
  });
  function aloud(said) {
    voice?.say([said.text, ...said.choices.filter((choice) => !choice.aside).map((choice) => choice.label)]);
  }

  if (token) { toEnd(); listen(); } // a chat begun as plain forms goes on live
  else document.body.className = "at-start";
})();
