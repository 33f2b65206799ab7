// The messages of a chat, laid over what is already on screen bubble by bubble, so that a voice note keeps playing, the keyboard stays
// where it was, and a change is seen as a change: new, edited, gone.

import { bubble } from "./bubble.js";
import { el, iconButton } from "./dom.js";
import { day, isSameDay } from "./times.js";
import { t } from "./words.js";

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const place = ({ message_id: id, row, col }) => `${id}:${row}:${col}`;

export class Log {
  /** `deeds` is what a bubble can do (see bubble.js); `pending` holds the buttons just pressed here, `queries` the place of
   *  each press by the id the server gave it, and `spinning` the ids the bot has not answered. */
  constructor(deeds) {
    Object.assign(this, { deeds, shown: new Map(), pending: new Set(), queries: new Map(), spinning: [], isFirst: true });
    this.list = el("ol", { class: "messages" });
    this.dots = el("p", { class: "typing", hidden: true }, el("span", { class: "unseen" }), el("i"), el("i"), el("i"));
    this.empty = el("div", { class: "empty", hidden: true });
    this.scroller = el("div", { class: "log", role: "log", "aria-live": "off", tabindex: 0 }, this.list, this.dots, this.empty);
    this.down = iconButton("down", t("newMessages"), () => this.toEnd(), { class: "icon-button down", hidden: true });
    this.notice = el("div", { class: "notice", role: "status", "aria-live": "polite" });
    this.element = el("div", { class: "log-frame" }, this.scroller, this.down, this.notice);
    this.followEnd();
  }

  /** `context` is {person, bot, find(id), uncovered}: names for screen readers, the message a reply points to, and the pictures tapped open. */
  show(messages, spinning, context) {
    const stay = this.isFirst || this.atEnd || messages.some(({ from, message_id: id }) => from === "user" && !this.shown.has(id));
    const had = this.focusPlace();
    this.spinning = spinning;
    this.scroller.setAttribute("aria-label", t("messages", context.bot));
    const kept = new Set(messages.map((message) => message.message_id));
    for (const [id, { node }] of this.shown) if (!kept.has(id)) this.dismiss(id, node);
    messages.forEach((message, position) => this.showOne(message, messages[position - 1], context));
    this.placeInOrder(messages);
    if (stay) this.toEnd();
    this.down.hidden = this.atEnd;
    this.refocus(had);
    if (this.isFirst) setTimeout(() => this.scroller.setAttribute("aria-live", "polite"), 300);
    this.isFirst = false;
  }

  /** Another topic is shown: the page is turned, nothing has arrived or left. */
  turn() {
    this.list.replaceChildren();
    this.shown.clear();
    this.isFirst = true;
    this.scroller.setAttribute("aria-live", "off");
  }

  showTyping(text) {
    this.dots.hidden = !text;
    this.dots.firstChild.textContent = text;
    if (text && this.atEnd) this.toEnd();
  }

  /** `texts` is what stands over the start button: the bot's description and its address; none when the chat is not empty. */
  showEmpty(texts, onStart) {
    const look = JSON.stringify(texts);
    this.empty.hidden = !texts.length;
    if (this.empty.dataset.look === look) return;
    this.empty.dataset.look = look;
    this.empty.replaceChildren(el("p", {}, texts[0] ?? ""), el("p", {}, el("small", {}, texts[1] ?? "")),
      el("button", { type: "button", class: "primary big", onclick: onStart }, t("start")));
  }

  /** A short word over the chat; with `isHeard` only for a screen reader, because the eyes see the change by itself. */
  say(text, isHeard = false) {
    const note = el("p", { class: isHeard ? "unseen" : "answer" }, text);
    this.notice.append(note);
    setTimeout(() => note.remove(), 4500);
  }

  // -- bubbles -------------------------------------------------------------------------------------------------------------------

  showOne(message, before, context) {
    const old = this.shown.get(message.message_id);
    const newDay = !before || !isSameDay(before.date, message.date) ? day(message.date) : "";
    const look = JSON.stringify([message, newDay, message.reply_to && context.find(message.reply_to)?.text]);
    if (old?.look !== look) this.draw(message, look, old, newDay, context);
    this.markSpinning(message.message_id);
  }

  draw(message, look, old, newDay, context) {
    const node = bubble(message, context, this.deeds);
    if (newDay) node.dataset.day = newDay;
    keepPlaying(old?.node, node);
    if (old) old.node.replaceWith(node);
    if (!this.isFirst) node.classList.add(old ? "changed" : "arrived");
    this.shown.set(message.message_id, { look, node });
  }

  placeInOrder(messages) {
    let at = this.list.firstElementChild;
    for (const { message_id: id } of messages) {
      const { node } = this.shown.get(id);
      while (at?.classList.contains("leaving") && at !== node) at = at.nextElementSibling;
      if (at === node) at = at.nextElementSibling;
      else this.list.insertBefore(node, at);
    }
  }

  dismiss(id, node) {
    this.shown.delete(id);
    if (calm()) { node.remove(); return; }
    node.classList.add("leaving");
    node.inert = true;
    setTimeout(() => node.remove(), 650);
  }

  press(id, row, col) {
    const where = place({ message_id: id, row, col });
    this.pending.add(where);
    this.markSpinning(id);
    return (query) => {
      this.pending.delete(where);
      if (query) this.queries.set(query, where);
      this.markSpinning(id);
    };
  }

  markSpinning(id) {
    const spinning = new Set([...this.pending, ...this.spinning.map((query) => this.queries.get(query))]);
    for (const key of this.shown.get(id)?.node.querySelectorAll(".key") ?? []) {
      const isWaiting = spinning.has(place({ message_id: id, ...key.dataset }));
      key.classList.toggle("waiting", isWaiting);
      key.setAttribute("aria-busy", String(isWaiting));
    }
  }

  // -- scroll and focus ------------------------------------------------------------------------------------------------------------

  /** Once at the end, stays there when a photo gets its height, the keyboard opens or the window is turned. */
  followEnd() {
    this.atEnd = true;
    let before = 0;
    this.scroller.addEventListener("scroll", () => {
      const isUpward = this.scroller.scrollTop < before;  // only a hand moves upward; growing content leaves the place as it was
      if (isUpward || this.isAtEnd()) this.atEnd = this.isAtEnd();
      before = this.scroller.scrollTop;
      this.down.hidden = this.atEnd;
    }, { passive: true });
    const sizes = new ResizeObserver(() => { if (this.atEnd) this.toEnd(); });
    sizes.observe(this.scroller);
    sizes.observe(this.list);
  }

  isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
  }

  toEnd() {
    this.atEnd = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Where the keyboard stands, when it stands on a bubble that the next drawing may replace. */
  focusPlace() {
    const active = document.activeElement;
    const holder = active?.closest?.("li[data-id]");
    if (!holder || !this.list.contains(holder)) return null;
    return { active, id: Number(holder.dataset.id), row: active.dataset.row, col: active.dataset.col };
  }

  /** A screen edited under the finger keeps the keyboard on its buttons; a screen that left passes it to the newest one. */
  refocus(had) {
    if (!had || (had.active.isConnected && !had.active.closest(".leaving"))) return;
    const node = this.shown.get(had.id)?.node ?? [...this.shown.values()].at(-1)?.node;
    const same = had.row !== undefined && node?.querySelector(`.key[data-row="${had.row}"][data-col="${had.col}"]`);
    (same || node?.querySelector(".key") || this.scroller).focus({ preventScroll: true });
  }
}

/** A player that is running moves into the new bubble, so an edit of the caption does not cut the voice. */
function keepPlaying(old, node) {
  const playing = old?.querySelector("audio, video");
  const fresh = node.querySelector("audio, video");
  if (playing && fresh && playing.getAttribute("src") === fresh.getAttribute("src")) fresh.replaceWith(playing);
}
