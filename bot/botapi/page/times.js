// Times as people read them. The server's clock is the only clock: between two answers it is carried on by the browser's stopwatch.

import { language, t } from "./words.js";

let base = { now: Date.now() / 1000, offset: 0, read: performance.now() };

export function setClock(clock) {
  base = { ...clock, read: performance.now() };
}

export const now = () => base.now + (performance.now() - base.read) / 1000;
export const offset = () => base.offset;

const show = (seconds, form) => new Intl.DateTimeFormat(language() === "es" ? "es-MX" : "en-GB", form).format(new Date(seconds * 1000));

export const hour = (seconds) => show(seconds, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const hourExact = (seconds) => show(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const day = (seconds) => show(seconds, { weekday: "short", day: "numeric", month: "short" });
export const isSameDay = (one, other) => new Date(one * 1000).toDateString() === new Date(other * 1000).toDateString();
export const iso = (seconds) => new Date(seconds * 1000).toISOString();

/** 90061 -> "1 d 1 h 1 min"; under a minute in seconds. */
export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const parts = [[Math.floor(minutes / 1440), "d"], [Math.floor(minutes / 60) % 24, "h"], [minutes % 60, "min"]];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ") || `${Math.round(seconds)} s`;
}

export const aheadText = () => (base.offset >= 1 ? t("ahead", span(base.offset)) : t("onTime"));
