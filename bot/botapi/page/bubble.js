// One message as a bubble. `deeds` is what the phone lets a bubble do: tap(message, row, col, button), command(text), actions(message, anchor).
// `context` is what a bubble must know of its chat (see log.js).

import { el, icon } from "./dom.js";
import { rich } from "./rich.js";
import { hour, iso } from "./times.js";
import { named, t } from "./words.js";

export function bubble(message, context, deeds) {
  if (message.service) return el("li", { class: "service", "data-id": message.message_id }, el("p", {}, serviceText(message.service)));
  const mine = message.from === "user";
  const pictorial = ["photo", "video", "animation"].includes(message.media?.kind);
  const more = moreButton(message, deeds);
  return el("li", { class: `message ${mine ? "mine" : "theirs"}${message.protect ? " protected" : ""}`, "data-id": message.message_id },
    el("article", { class: `bubble${pictorial ? " pictorial" : ""}`, tabindex: -1, onclick: (event) => { if (isPlain(event)) more.click(); } },
      el("h3", { class: "unseen" }, mine ? context.person : context.bot),
      quote(message, context),
      message.spoiler && !context.uncovered.has(message.message_id) ? cover(message, context) : media(message),
      words(message, deeds),
      foot(message, more)),
    keyboard(message, deeds));
}

/** A tap on the bubble itself, not on something in it that has a tap of its own, nor the end of marking words. */
const isPlain = (event) => !event.target.closest("a, button, audio, video") && getSelection().isCollapsed;

function moreButton(message, deeds) {
  const more = el("button", { type: "button", class: "bubble-more", "aria-label": t("actions"), title: t("actions"), "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => deeds.actions(message, more));
  return more;
}

/** Nothing of a covered picture is fetched or drawn before the tap. */
function cover(message, context) {
  const button = el("button", { type: "button", class: "cover" }, icon("eye"), el("span", {}, t("covered", mediaName(message.media))));
  button.addEventListener("click", () => {
    context.uncovered.add(message.message_id);
    const holder = button.closest(".bubble");
    button.replaceWith(media(message));
    holder.focus({ preventScroll: true });
  });
  return button;
}

const serviceText = (service) => (typeof service === "string" ? named(service) : Object.keys(service).map(named).join(" · "));

function quote(message, context) {
  if (!message.reply_to) return null;
  const first = context.find(message.reply_to);
  return el("p", { class: "quote" }, el("span", { class: "unseen" }, t("replyTo"), " "), first ? outline(first) : t("gone"));
}

function words(message, deeds) {
  const text = message.text || message.caption;
  if (!text) return null;
  return el("div", { class: "words", dir: "auto" }, rich(text, message.entities, deeds.command));
}

function foot(message, more) {
  return el("footer", {}, more,
    message.protect && mark("lock", t("protected")),
    message.silent && mark("silent", t("silent")),
    message.edit_date && el("span", { class: "edited" }, t("edited")),
    el("time", { datetime: iso(message.date) }, hour(message.date)));
}

const mark = (name, label) => el("span", { class: "mark", role: "img", "aria-label": label, title: label }, icon(name));

export const mediaName = (media) => (["voice", "photo", "video", "animation", "audio", "document", "sticker", "location", "contact"].includes(media.kind)
  ? t(media.kind) : t("unknownMedia"));

function media(message) {
  const file = message.media;
  if (!file) return null;
  const name = mediaName(file);
  if (file.url && ["voice", "audio"].includes(file.kind)) return el("audio", { controls: true, preload: "metadata", src: file.url, "aria-label": name });
  if (file.url && ["video", "animation"].includes(file.kind)) return el("video", { controls: true, preload: "metadata", src: file.url, "aria-label": name });
  if (file.url && ["photo", "sticker"].includes(file.kind)) return el("img", { src: file.url, alt: message.caption ? `${name}: ${message.caption}` : name });
  if (file.url) return el("a", { class: "file", href: file.url, download: file.name ?? "" }, icon("file"), el("span", {}, file.name ?? name));
  const [sign, detail] = shared(file);
  return el("p", { class: "file" }, icon(sign), el("span", {}, [name, detail].filter(Boolean).join(": ")));
}

/** What has no file of its own: a place or a person. */
function shared({ location, contact }) {
  if (location) return ["place", `${location.latitude}, ${location.longitude}`];
  if (contact) return ["person", [contact.first_name, contact.phone_number].filter(Boolean).join(", ")];
  return ["file", ""];
}

function keyboard(message, deeds) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return el("div", { class: "keys", role: "group", "aria-label": t("keyboard") }, rows.map((row, y) =>
    el("div", { class: "keys-row" }, row.map((button, x) => key(message, button, y, x, deeds)))));
}

function key(message, button, row, col, deeds) {
  const label = button.copy_text ? t("copyButton", button.text) : button.url ? t("linkButton", button.text) : null;
  const kind = button.copy_text ? icon("copy") : button.url ? icon("link") : null;
  return el("button", {
    type: "button", class: "key", "data-row": row, "data-col": col, "aria-label": label, title: button.copy_text?.text ?? button.url,
    onclick: () => deeds.tap(message, row, col, button),
  }, el("span", {}, button.text), kind, el("span", { class: "spinner", "aria-hidden": "true" }));
}

/** One line that stands for a message: in the chat list, in quotes, in "what remains". */
export function outline(message) {
  if (message.service) return serviceText(message.service);
  const text = (message.text || message.caption || "").replace(/\s+/g, " ").trim();
  if (!message.media) return text;
  return text ? `${mediaName(message.media)}: ${text}` : mediaName(message.media);
}
