// What the server cannot render: the clock of the tickets runs on between two answers, and what the reader opened stays open.
"use strict";
(() => {
  const MOMENT = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false };
  let anchor = { text: "", server: 0, local: 0, speed: 1 };
  let lost = false;

  // The tickets' present, in milliseconds: what the server said last, and the time since, at the speed of that clock.
  function present() {
    const said = document.getElementById("now");
    if (said && said.dataset.now !== anchor.text) {
      anchor = { text: said.dataset.now, server: Date.parse(said.dataset.now), local: performance.now(), speed: Number(said.dataset.speed) };
    }
    return anchor.text ? anchor.server + (performance.now() - anchor.local) * anchor.speed : Date.now();
  }

  function moment(at) {
    const part = Object.fromEntries(new Intl.DateTimeFormat("en-GB", MOMENT).formatToParts(at).map((p) => [p.type, p.value]));
    return `${part.weekday} ${part.day} ${part.month.slice(0, 3)} ${part.hour}:${part.minute}`;
  }

  // To the minute, two units at most.
  function roughly(seconds) {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60) % 24, days = Math.floor(minutes / 1440);
    if (days) return `${days} d ${hours} h`;
    return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
  }

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function tell() {
    if (lost) return;
    const now = present();
    const clock = document.getElementById("clock");
    if (clock && anchor.text) put(clock, moment(now));
    for (const node of document.querySelectorAll("time[data-until]")) {
      const seconds = Math.trunc((Date.parse(node.dateTime) - now) / 1000);
      put(node, seconds >= 0 ? `in ${roughly(seconds)}` : `${roughly(-seconds)} ago`);
      node.classList.toggle("late", seconds < 0);
    }
  }

  function answering(well) {
    lost = !well;
    const notice = document.querySelector(".lost");
    if (notice) notice.hidden = well;
  }

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  function flash(row) {
    if (!calm.matches) row.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], { duration: 1600, easing: "ease-out" });
  }

  if (window.Idiomorph) {
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
      return !(name === "open" && node.tagName === "DETAILS");
    };
    Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
      if (old.tagName === "FORM") return false; // somebody may be writing in it
      if (old.dataset && "review" in old.dataset && old.dataset.review !== fresh.dataset.review) flash(old);
      return true;
    };
  }
  document.addEventListener("htmx:afterRequest", (event) => answering(event.detail.successful));
  document.addEventListener("htmx:afterSwap", tell); // before anything is painted
  setInterval(tell, 200);
  tell();
})();
