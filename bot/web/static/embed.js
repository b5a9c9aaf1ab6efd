/* The chat on another site's page: two buttons, and a frame that comes only when somebody asks for it.
   Promises: nothing is stored; nothing is asked of the chat's server before the chat is opened; leaving takes the
   whole page away, from inside the frame or outside it; the page and the chat cannot read each other. */
"use strict";
(() => {
  const given = "GIVEN"; // words, design tokens and the exit address, put in by the server
  const tag = document.currentScript;
  if (!tag || window.handrailIsHere) return;
  window.handrailIsHere = true; // the tag twice is still one chat
  const chat = new URL(tag.src).origin;
  const asked = tag.dataset;
  const language = asked.lang || (document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
  const lang = given.words[language] ? language : "en";
  const words = given.words[lang];
  const colour = /^#?[0-9a-f]{6}$/i.test(asked.colour || "") ? asked.colour.replace("#", "") : "";
  const one = (name, ...known) => (known.includes(asked[name]) ? asked[name] : "");
  const theme = one("theme", "light", "dark"), corners = one("corners", "square", "round"), headings = one("headings", "serif", "sans");
  const light = given.tokens[theme || "light"], dark = given.tokens[theme || "dark"];
  const left = asked.position === "left";
  const label = (asked.label || words.open).slice(0, 24);

  const luminance = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const plain = given.tokens.light; // the buttons are the same in both themes: they stand on somebody else's page
  const ground = colour || plain.rail.slice(1), ink = luminance(ground) > 0.179 ? plain.ink : plain["out-ink"];
  const corner = { square: "0", round: "1.5rem", "": ".6rem" }[corners];

  const make = (name, className, text = "") => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    if (name === "button") node.type = "button";
    return node;
  };
  const outer = document.createElement("div");
  outer.lang = lang;
  const root = outer.attachShadow({ mode: "open" });
  const css = `
    :host { all: initial !important; position: fixed !important; inset: 0 !important; z-index: 2147483647 !important; pointer-events: none !important; display: block !important; }
    * { box-sizing: border-box; }
    .row { position: absolute; inset-block-end: max(1rem, env(safe-area-inset-bottom)); ${left ? "left" : "right"}: 1rem; display: flex; gap: .5rem; flex-direction: ${left ? "row-reverse" : "row"}; justify-content: end; max-inline-size: calc(100% - 2rem); pointer-events: auto; }
    button { min-block-size: 44px; padding: .5rem 1.1rem; border: 2px solid transparent; border-radius: ${corner}; font: 650 16px/1.2 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; cursor: pointer; touch-action: manipulation; box-shadow: 0 1px 2px rgb(22 40 42 / 20%), 0 8px 24px rgb(22 40 42 / 18%); }
    button:focus-visible { outline: 3px solid ${plain.focus}; outline-offset: 2px; box-shadow: 0 0 0 2px ${plain["out-ink"]}; }
    .leave { background: ${plain.out}; color: ${plain["out-ink"]}; border-color: ${plain["out-ink"]}; }
    .open { background: #${ground}; color: ${ink}; overflow: hidden; text-overflow: ellipsis; }
    .panel { position: absolute; inset-block-end: calc(max(1rem, env(safe-area-inset-bottom)) + 56px); ${left ? "left" : "right"}: 1rem; inline-size: min(26rem, calc(100% - 2rem)); block-size: min(44rem, calc(100% - 6.5rem)); background: ${light.surface}; border: 1px solid ${light["line-strong"]}; border-radius: ${corner}; overflow: hidden; box-shadow: 0 12px 48px rgb(22 40 42 / 30%); pointer-events: auto; }
    .panel[hidden] { display: none; }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; }
    .failed { margin: 0; padding: 1.5rem; block-size: 100%; overflow-y: auto; font: 400 17px/1.5 system-ui, sans-serif; color: ${light.ink}; }
    .failed a { color: ${light.rail}; display: inline-block; padding-block: .75rem; }
    @media (max-width: 30rem), (max-height: 30rem) {
      .panel { inset: 0 0 calc(max(.25rem, env(safe-area-inset-bottom)) + 49px); inline-size: 100%; block-size: auto; border: 0; border-radius: 0; }
      .row.over { inset-inline: 0; inset-block-end: 0; max-inline-size: none; padding: .25rem 1rem max(.25rem, env(safe-area-inset-bottom)); background: ${light.surface}; justify-content: space-between; border-block-start: 1px solid ${light["line-strong"]}; }
      .row.over button { box-shadow: none; }
    }
    @media (prefers-color-scheme: dark) {
      .panel, .row.over { background: ${dark.surface}; }
      .failed { color: ${dark.ink}; }
      .failed a { color: ${dark.rail}; }
    }
    @media print { :host { display: none !important; } }`;
  function dress(style) {
    try { // a style sheet made by script is not stopped by the page's own content policy
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      root.adoptedStyleSheets = [sheet];
    } catch { root.append(Object.assign(document.createElement("style"), { textContent: style })); }
  }
  dress(css);

  const row = make("div", "row"), panel = make("div", "panel");
  const exit = make("button", "leave", words.exit), opener = make("button", "open", label);
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  row.append(exit, opener);
  root.append(row, panel);
  let frame = null, wait = 0;

  /* ---- leaving: the whole page, at once ---- */
  let gone = false, going = false;
  const go = () => { if (!going) { going = true; location.replace(given.exit); } };
  function leave() {
    if (gone) return;
    gone = true;
    dress(":host { display: none !important; }");
    for (const node of [...document.body.childNodes]) if (node !== outer) node.remove();
    document.title = "";
    if (!frame) { go(); return; }
    setTimeout(go, 50); // the frame tells the server to forget the chat, if it is still able to
    try { frame.contentWindow.postMessage("handrail:leave", chat); } catch { go(); }
  }
  exit.addEventListener("click", leave);

  let shifts = [];
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") { shifts = []; return; }
    if (event.repeat) return;
    shifts = [...shifts.filter((at) => event.timeStamp - at < 3000), event.timeStamp];
    if (shifts.length >= 3) leave();
  }, true);

  addEventListener("message", (event) => {
    if (event.origin !== chat || !frame || event.source !== frame.contentWindow) return;
    if (event.data === "handrail:ready") clearTimeout(wait);
    if (event.data !== "handrail:leave") return;
    leave();
    go(); // the frame has done its part
  });
  // A page that comes back out of the browser's own memory must not bring the chat back with it.
  addEventListener("pageshow", (event) => { if (event.persisted && frame) location.reload(); });

  /* ---- the frame ---- */
  function fill() {
    const address = new URL("/embed", chat);
    address.searchParams.set("host", location.origin);
    address.searchParams.set("lang", lang);
    for (const [name, value] of Object.entries({ colour, theme, corners, headings })) if (value) address.searchParams.set(name, value);
    if (/^[A-Z]{2}$/.test(asked.region || "")) address.searchParams.set("region", asked.region);
    frame = document.createElement("iframe");
    frame.title = label;
    frame.referrerPolicy = "no-referrer";
    frame.allow = "";
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation");
    frame.addEventListener("load", () => { clearTimeout(wait); wait = setTimeout(failed, 1000); frame.contentWindow.postMessage("handrail:here", chat); });
    wait = setTimeout(failed, 12000);
    frame.src = address.href;
    panel.replaceChildren(frame);
  }
  function failed() { // not one of the named sites, or no server: said, with the numbers to call, which need neither
    if (gone) return;
    const said = make("div", "failed"), link = make("a", "", words.alone);
    link.href = chat;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    said.append(make("p", "", words.failed), ...help(), link);
    said.setAttribute("role", "alert");
    frame = null;
    panel.replaceChildren(said);
  }
  function help() {
    const places = given.help[lang];
    return (places[asked.region] || places[""]).map((line) => {
      const said = make("p", "");
      said.append(...line.map(([text, href]) => (href ? Object.assign(make("a", "", text), { href }) : text)));
      return said;
    });
  }
  function show(open) {
    panel.hidden = !open;
    row.classList.toggle("over", open);
    opener.textContent = open ? words.hide : label;
    opener.setAttribute("aria-expanded", String(open));
    if (!open) { opener.focus(); return; }
    if (!frame) fill();
    frame.focus();
  }
  opener.addEventListener("click", () => show(panel.hidden));

  const put = () => document.body.prepend(outer); // first in the order of tabs
  if (document.body) put(); else addEventListener("DOMContentLoaded", put, { once: true });
})();
