// Text with entities, as elements. Offsets and lengths are UTF-16 units, which is how JavaScript counts too.
// Entities nest; one that crosses its parent's end is cut there, so any input gives well-formed output.

import { el } from "./dom.js";
import { t } from "./words.js";

const plainTags = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre" };

export function rich(text, entities, onCommand) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return inside(text, 0, text.length, sorted, onCommand);
}

function inside(text, start, end, entities, onCommand) {
  const nodes = [];
  let at = start;
  let rest = entities;
  while (rest.length) {
    const [entity, ...later] = rest;
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    const covered = later.filter((other) => other.offset < to);
    rest = later.filter((other) => other.offset >= to || other.offset + other.length > to);
    if (to <= from) continue;
    if (from > at) nodes.push(text.slice(at, from));
    nodes.push(wrap(entity, text.slice(from, to), inside(text, from, to, covered, onCommand), onCommand));
    at = to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function wrap(entity, raw, nodes, onCommand) {
  const { type } = entity;
  if (plainTags[type]) return el(plainTags[type], {}, nodes);
  if (type === "text_link") return link(entity.url, nodes);
  if (type === "url") return link(/^[a-z][a-z0-9+.-]*:/i.test(raw) ? raw : `https://${raw}`, nodes);
  if (type === "bot_command") return el("button", { type: "button", class: "command", onclick: () => onCommand(raw) }, nodes);
  if (type === "blockquote" || type === "expandable_blockquote") return el("blockquote", {}, nodes);
  if (type === "spoiler") return spoiler(nodes);
  return el("span", { class: `entity ${type}` }, nodes);
}

/** Only web addresses become links; anything else (tg:, javascript:, tel:) stays text with its address as title. */
function link(address, nodes) {
  if (!isWeb(address)) return el("span", { class: "entity", title: address }, nodes);
  return el("a", { href: address, title: address, target: "_blank", rel: "noopener noreferrer" }, nodes);
}

export function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function spoiler(nodes) {
  const cover = el("button", { type: "button", class: "spoiler", "aria-label": t("spoiler") }, nodes);
  cover.addEventListener("click", () => cover.replaceWith(el("span", {}, [...cover.childNodes])));
  return cover;
}
