/* What is said beside a group, between one young person and the bot, or a person who joined them.
   Promises: what they wrote stands on their own page at once, and says so while it is not sent; texts go in the order in
   which they were written, each under one id; a number can be called from here; who answers is told as it is. */
"use strict";
/* `post` sends until it is answered, and gives nothing when the page was left meanwhile; `told` says what was refused. */
window.privateTalk = ({ words, post, told }) => {
  const AIR = 12, find = (selector) => document.querySelector(selector);
  const log = find("#log"), withLine = find("#with"), typing = find("#typing");
  let mine = []; // shown here, not yet come back on the stream
  let first = null; // what came first after their own newest words
  let turn = Promise.resolve(), helper = null, asked = false, sure = true, typed = 0;

  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const make = (tag, className, text = "") => {
    const node = document.createElement(tag);
    [node.className, node.textContent] = [className, text];
    return node;
  };
  function row(who, name, parts) {
    const node = make("div", `said ${who}`), text = make("p", "text");
    text.dir = "auto"; // in whatever direction it is written
    text.append(...linked(parts));
    if (name) node.append(make("p", "name", name));
    node.append(text);
    log.append(node);
    find("#me-fold").open = true;
    return node;
  }
  function away(node) { // what had the focus gives it to the talk, and not to the top of the page
    const held = node.contains(document.activeElement);
    node.remove();
    if (held) log.focus({ preventScroll: true });
  }

  /* ---- what came ---- */
  function line(said) {
    log.querySelectorAll(".choices").forEach(away);
    typing.hidden = true;
    if (said.who === "you" && cameBack(said)) return;
    const person = said.name ? words.helper.replace("{name}", () => said.name) : words.helper_unnamed;
    const name = { you: words.mine, bot: words.bot, helper: person }[said.who];
    const node = row(said.who, name, said.parts || [[said.text, null]]);
    if (said.choices.length) node.append(choices(said.choices));
    if (said.who === "bot") here(null); else if (said.name) here(said.name);
    if (!first) first = node;
    follow();
  }
  /* Whoever is in the talk sees the answer with its choices, as much of it as fits, and never past where it begins: the
     number to call stands there. */
  function follow() {
    if (!find("#me-fold").contains(document.activeElement)) return;
    const hidden = log.lastElementChild.getBoundingClientRect().bottom + AIR - innerHeight;
    const room = (first || log.lastElementChild).getBoundingClientRect().top - AIR - find(".bar").offsetHeight;
    scrollBy(0, Math.max(0, Math.min(hidden, room)));
  }
  function cameBack(said) {
    const same = mine.find((item) => item.body.text === said.text.trim()) || mine[0];
    if (!same) return false;
    same.node.dataset.seq = said.seq;
    settled(same);
    return true;
  }
  function choices(offered) {
    const box = make("div", "choices mains");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", words.your_choices);
    for (const choice of offered) {
      const button = make("button", "choice", choice.label);
      button.type = "button";
      button.addEventListener("click", () => choose(box, choice));
      box.append(button);
    }
    return box;
  }
  async function choose(box, choice) {
    if (box.getAttribute("aria-busy")) return; // one tap is one tap
    box.setAttribute("aria-busy", "true");
    if (await say(choice.key || choice.label, "me", choice.label)) away(box); else box.removeAttribute("aria-busy");
  }

  /* ---- what they say ---- */
  /* Gives true when it is kept, false when it was refused, and nothing when the page was left before. */
  function say(text, to, shown = text, step = undefined) { // the step it answers: it may be sent when another is on
    const item = { body: { id: newId(), text, to, step }, node: row("you", words.mine, [[shown, null]]) };
    mine.push(item);
    first = null;
    setTimeout(() => { if (!item.node.dataset.fate) fate(item, "sending"); }, 600);
    return (turn = turn.then(() => deliver(item)));
  }
  async function deliver(item) {
    const answer = await post("/group/texts", item.body, () => fate(item, "unsent"));
    if (!answer) return undefined;
    const kept = await told(answer);
    if (kept) { item.kept = true; fate(item, ""); } else { settled(item); away(item.node); }
    return kept;
  }
  function settled(item) {
    mine = mine.filter((other) => other !== item);
    fate(item, "");
  }
  function fate(item, is) {
    if (is && (item.kept || !mine.includes(item))) return;
    item.node.dataset.fate = is;
    item.node.querySelector(".fate")?.remove();
    if (!is) return;
    const note = make("p", "fate", words[is]);
    note.setAttribute("aria-hidden", "true"); // the connection's line says it aloud
    item.node.append(note);
  }

  /* ---- who answers ---- */
  function here(name = helper, isAsked = asked) {
    [helper, asked] = [name, isAsked];
    const text = !sure ? words.with_unsure : name ? words.with_person.replace("{name}", () => name) : asked ? words.with_asked : words.with_bot;
    if (withLine.textContent !== text) withLine.textContent = text;
    withLine.dataset.person = name ? "yes" : asked ? "asked" : "no";
    withLine.classList.toggle("unsure", !sure);
  }
  function types() { // shown, not spoken: every few seconds it would drown the talk
    clearTimeout(typed);
    typing.hidden = false;
    typed = setTimeout(() => { typing.hidden = true; }, 7000);
  }
  function clear() { // for whoever has this phone next
    [mine, first, turn, sure] = [[], null, Promise.resolve(), true];
    log.replaceChildren();
    typing.hidden = true;
    here(null, false);
  }
  return {
    line, say, types, clear,
    here: (name) => here(name),
    asked: (is) => here(helper, is),
    known: (is) => { sure = is; here(); },
    withPeople: () => Boolean(helper) || asked,
  };
};
