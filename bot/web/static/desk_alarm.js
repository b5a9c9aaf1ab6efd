/* The alarm for a new imminent case: a sound, a notification without words, a number in the title. */

import { $, all, openCase, say, store } from "./desk_page.js";

let alarmOn = store.get("desk.alarm") === "on";
let audio = null;
const known = new Set(all('[data-kind="queue"][data-level="imminent"]').map((c) => c.dataset.card));
const heardMine = new Map(all('[data-kind="mine"]').map((c) => [c.dataset.card, Number(c.dataset.unread)]));

export function wakeAudio() {
  if (!alarmOn) return;
  audio ||= new AudioContext();
  if (audio.state === "suspended") audio.resume().then(showAlarm, showAlarm);
}
function tone(at, pitch, length, loud) {
  const wave = audio.createOscillator();
  const gain = audio.createGain();
  wave.type = "sine";
  wave.frequency.value = pitch;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud, at + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.001, at + length);
  wave.connect(gain).connect(audio.destination);
  wave.start(at);
  wave.stop(at + length);
}
function sound(notes, loud) {
  if (!alarmOn || audio?.state !== "running") return;
  notes.forEach((pitch, i) => tone(audio.currentTime + i * 0.22, pitch, 0.5, loud));
}
const ring = () => sound([659, 880, 659, 880], 0.35); // rises, and is not a siren: somebody will talk next
const knock = () => sound([523], 0.12);

function notify(card) {
  if (!alarmOn || !("Notification" in window) || Notification.permission !== "granted") return;
  // No words and no category: a notification may be read over a shoulder.
  const note = new Notification("Someone needs a person now", { body: card.dataset.name, tag: `case-${card.dataset.card}`, requireInteraction: true });
  note.onclick = () => { window.focus(); $(`card-${card.dataset.card}`)?.click(); note.close(); };
}
export function watchQueue() {
  const waiting = all('[data-kind="queue"][data-level="imminent"]');
  for (const card of waiting) {
    if (known.has(card.dataset.card)) continue;
    known.add(card.dataset.card);
    ring();
    notify(card);
    say(`New and imminent: ${card.dataset.name}.`);
  }
  const ids = new Set(waiting.map((c) => c.dataset.card));
  for (const id of known) if (!ids.has(id)) known.delete(id);
  for (const card of all('[data-kind="mine"]')) {
    const count = Number(card.dataset.unread);
    if (count > (heardMine.get(card.dataset.card) || 0)) knock();
    heardMine.set(card.dataset.card, count);
  }
}
// It rings again while nobody has taken the case, unless its words are open in front of us.
setInterval(() => {
  if (all('[data-kind="queue"][data-level="imminent"]').some((c) => c.dataset.card !== openCase() || document.hidden)) ring();
}, 20000);

export function showAlarm() {
  const button = $("alerts");
  button.setAttribute("aria-pressed", String(alarmOn));
  const silent = alarmOn && audio?.state !== "running";
  button.querySelector("[data-words]").textContent = !alarmOn ? "Alarm off" : silent ? "Alarm: click once" : "Alarm on";
}
export function toggleAlarm() {
  const wake = alarmOn && audio?.state !== "running"; // after a reload the browser wants one click before it lets us sound
  alarmOn = wake || !alarmOn;
  store.set("desk.alarm", alarmOn ? "on" : "off");
  wakeAudio();
  if (alarmOn && "Notification" in window && Notification.permission === "default") Notification.requestPermission();
  setTimeout(() => { knock(); showAlarm(); }, 150);
  showAlarm();
}
export function title() {
  const imminent = all('[data-kind="queue"][data-level="imminent"]').length;
  const waiting = all('[data-kind="queue"]').length;
  document.title = imminent ? `(${imminent}!) Imminent · Desk` : waiting ? `(${waiting}) Desk` : "Desk";
}
