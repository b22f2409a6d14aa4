// Keeps clocks running between two responses of the server, and details open that the reader has opened.
"use strict";
(() => {
  const MOMENT = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false };
  let anchor = { text: "", server: 0, local: 0, speed: 1 };
  let disconnected = false;

  // The tickets' current time in milliseconds: the server's last time plus the time since, at the speed of that clock.
  function ticketTime() {
    const server = document.getElementById("now");
    if (server && server.dataset.now !== anchor.text) {
      anchor = { text: server.dataset.now, server: Date.parse(server.dataset.now), local: performance.now(), speed: Number(server.dataset.speed) };
    }
    return anchor.text ? anchor.server + (performance.now() - anchor.local) * anchor.speed : Date.now();
  }

  function moment(at) {
    const part = Object.fromEntries(new Intl.DateTimeFormat("en-GB", MOMENT).formatToParts(at).map((p) => [p.type, p.value]));
    return `${part.weekday} ${part.day} ${part.month.slice(0, 3)} ${part.hour}:${part.minute}`;
  }

  // To the minute, two units at most.
  function shortDuration(seconds) {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60) % 24, days = Math.floor(minutes / 1440);
    if (days) return `${days} d ${hours} h`;
    return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function refreshTimes() {
    if (disconnected) return;
    const now = ticketTime();
    const clock = document.getElementById("clock");
    if (clock && anchor.text) setText(clock, moment(now));
    for (const node of document.querySelectorAll("time[data-until]")) {
      const seconds = Math.trunc((Date.parse(node.dateTime) - now) / 1000);
      setText(node, seconds >= 0 ? `in ${shortDuration(seconds)}` : `${shortDuration(-seconds)} ago`);
      node.classList.toggle("late", seconds < 0);
    }
  }

  function setConnected(ok) {
    disconnected = !ok;
    const notice = document.querySelector(".disconnected");
    if (notice) notice.hidden = ok;
  }

  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  function flash(row) {
    if (!reducedMotion.matches) row.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], { duration: 1600, easing: "ease-out" });
  }

  if (window.Idiomorph) {
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
      return !(name === "open" && node.tagName === "DETAILS");
    };
    Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
      if (old.tagName === "FORM") return false; // the reader may be filling it in
      if (old.dataset && "review" in old.dataset && old.dataset.review !== fresh.dataset.review) flash(old);
      return true;
    };
  }
  document.addEventListener("htmx:afterRequest", (event) => setConnected(event.detail.successful));
  document.addEventListener("htmx:afterSwap", refreshTimes); // before anything is painted
  setInterval(refreshTimes, 200);
  refreshTimes();
})();
