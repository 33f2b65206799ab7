// Building elements without markup strings: every text goes in as a text node, so nothing a bot or person writes can become HTML.
// Also the three small things that float: toasts, menus and questions.

import { t } from "./words.js";

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const paths = {
  send: "M4 12 20 5l-4 15-4.500-5.500zM11.500 14.500 20 5",
  attach: "M19 11.500 12.500 18a4.200 4.200 0 0 1-6-6l7-7a2.800 2.800 0 0 1 4 4l-7 7a1.400 1.400 0 0 1-2-2l6-6",
  menu: "M5 7h14M5 12h14M5 17h9",
  more: "M12 5.500v.1M12 12v.1M12 18.500v.1",
  eye: "M3 12s3.300-6 9-6 9 6 9 6-3.300 6-9 6-9-6-9-6zM12 9.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  panel: "M4 6h16M4 12h16M4 18h16M9 4v4M15 10v4M7 16v4",
  down: "M12 5v14M6 13l6 6 6-6",
  silent: "M6 16h12l-1.500-2.500V10a4.500 4.500 0 0 0-9 0v3.500zM10.500 19h3M4 4l16 16",
  lock: "M6.500 11h11v8h-11zM9 11V8a3 3 0 0 1 6 0v3",
  reply: "M10 7 4.500 12 10 17M5 12h9a5.500 5.500 0 0 1 5.500 5.500V19",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  link: "M8 16 17 7M10 7h7v7",
  place: "M12 21s6-5.600 6-11a6 6 0 0 0-12 0c0 5.400 6 11 6 11zM12 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  file: "M7 3.500h7l4 4v13H7zM14 3.500v4h4",
  person: "M12 4.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM5 20c0-4 3-6 7-6s7 2 7 6",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name === "more" ? "icon dots" : "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

export const iconButton = (name, label, onclick, extra = {}) =>
  el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...extra }, icon(name));

export function toast(text, kind = "") {
  const note = el("p", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 7000 : 3500);
}

/** A menu beside its button; the browser's popover closes it on Escape or a click outside. */
export function openMenu(anchor, label, items) {
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label, popover: "auto" });
  for (const item of items) {
    menu.append(item.run
      ? el("button", { type: "button", role: "menuitem", class: item.kind, onclick: () => { menu.hidePopover(); item.run(); } },
        el("span", {}, item.text), item.note && el("small", {}, item.note))
      : el("p", {}, item.text));
  }
  menu.addEventListener("keydown", (event) => walk(event, [...menu.querySelectorAll("button")]));
  menu.addEventListener("toggle", (event) => { if (event.newState === "closed") dismiss(menu, anchor); });
  (anchor.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  placeBeside(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  menu.querySelector("button")?.focus();
}

function dismiss(menu, anchor) {
  anchor.setAttribute("aria-expanded", "false");
  const lost = document.activeElement === document.body || menu.contains(document.activeElement);
  menu.remove();
  if (lost && anchor.isConnected) anchor.focus();
}

function walk(event, buttons) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !buttons.length) return;
  event.preventDefault();
  buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
}

function placeBeside(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - width - 8));
  const above = at.top - height - 6;
  const top = above >= 8 ? above : Math.min(at.bottom + 6, innerHeight - height - 8);
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${Math.max(8, top)}px`);
}

/** A modal question; resolves to true only when the person agreed (Enter in a field agrees). `body` may be a sentence or elements of a form. */
export function ask(title, body, yes, { kind = "primary", no = t("cancel") } = {}) {
  return new Promise((resolve) => {
    const heading = el("h2", { id: "question-title" }, title);
    const form = el("form", { method: "dialog" }, heading, typeof body === "string" ? el("p", {}, body) : body,
      el("div", { class: "row end" },
        no && el("button", { type: "button", class: "plain", onclick: () => dialog.close("no") }, no),
        el("button", { value: "yes", class: kind }, yes)));
    const dialog = el("dialog", { class: "question", "aria-labelledby": "question-title" }, form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
