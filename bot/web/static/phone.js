// The demo phone: shows new texts without reloading, so that what is being typed stays.
setInterval(async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".texts");
  const shown = document.querySelector(".texts");
  if (fresh && fresh.innerHTML !== shown.innerHTML) {
    shown.replaceWith(fresh);
    document.querySelector("form").scrollIntoView({ block: "end" });
  }
}, 1000);
