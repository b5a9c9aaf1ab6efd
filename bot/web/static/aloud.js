/* Reading aloud, on the page of the chat and on that of a group.
   Promises: only a voice that lives on the device speaks, for one from the network would send the words to a stranger; where
   there is none the page says so; it is quiet in the same moment in which the page is left. */
"use strict";
/* `newest` gives the sentences that are read when it is switched on. */
window.readAloud = (newest) => {
  const find = (selector) => document.querySelector(selector), lang = document.documentElement.lang || "en";
  const box = find("#aloud");
  let left = false;

  const voice = (of = lang) => window.speechSynthesis && speechSynthesis.getVoices().find((one) => one.localService && one.lang.toLowerCase().startsWith(of));
  const quiet = () => { if (window.speechSynthesis) speechSynthesis.cancel(); };
  function say(sentences, of = lang) { // words in a language that no voice here speaks are left to the eyes
    if (!box.checked || left || !voice(of) || !sentences.length) return;
    const speech = new SpeechSynthesisUtterance(sentences.map((one) => (/[.?!]$/.test(one.trim()) ? one.trim() : `${one.trim()}.`)).join(" "));
    speech.voice = voice(of);
    speech.lang = of;
    speechSynthesis.speak(speech);
  }

  voice(); // browsers load their voices on the first question
  find("#speaking").hidden = false;
  box.addEventListener("change", () => {
    const none = box.checked && !voice();
    find("#aloud-none").hidden = !none;
    if (none) box.checked = false;
    if (box.checked) say(...newest()); else quiet();
  });
  (window.whenLeaving = window.whenLeaving || []).push(() => { left = true; quiet(); });
  return { say, quiet };
};
