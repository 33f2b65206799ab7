// The topics of one chat: which one is shown, what was half written in each, and where something new waits to be looked at.

import { el } from "./dom.js";
import { t } from "./words.js";

export class Topics {
  /** `thread` is the topic shown: its id, 0 for what stands outside of topics, null where there are none. `drafts` holds words by topic,
   *  `seen` the newest message looked at in each; null before the phone was first opened. */
  constructor(phone, { thread = null, drafts = new Map(), seen = null } = {}) {
    Object.assign(this, { phone, thread, drafts, seen, list: [], newest: new Map() });
    this.element = el("div", { class: "topics", role: "group", "aria-label": t("topics"), hidden: true });
  }

  memory() {
    const { thread, drafts, seen } = this;
    return { thread, drafts, seen };
  }

  /** Where topics are switched off, everything stands in one list. */
  show(chat, bot) {
    this.list = bot?.has_topics ? chat.topics ?? [] : [];
    const said = chat.messages.filter(({ from, service }) => from === "bot" && !service);
    this.newest = new Map(said.map(({ thread_id: thread, message_id: id }) => [thread ?? 0, id]));
    this.stay();
    this.look();
  }

  /** The person looks at the phone, if it is in front of them. */
  look() {
    this.noteSeen();
    this.draw();
  }

  /** Keeps the chosen topic while it exists; a chat whose topic is gone shows what stands outside. */
  stay() {
    const isThere = this.list.some(({ id }) => id === this.thread);
    const thread = !this.list.length ? null : isThere ? this.thread : 0;
    if (thread !== this.thread) this.turn(thread);
    this.phone.composer.showPlace(thread === null ? "" : this.name(thread));
  }

  /** Every topic keeps a draft of its own, so that half a sentence is never sent to somebody else. */
  turn(thread) {
    const [before, after] = [this.thread ?? 0, thread ?? 0];
    const draft = this.phone.draft;
    if (before !== after) this.drafts.set(before, draft);
    this.thread = thread;
    this.phone.turnTo(before === after ? draft : this.drafts.get(after) ?? "");
  }

  open(thread) {
    if (thread === this.thread) return;
    this.turn(thread);
    this.phone.show(this.phone.person, this.phone.chat);
    this.phone.house.showTabs();
  }

  /** What the person has in front of them counts as read; what is there when the phone is first opened, too. */
  noteSeen() {
    const isFirst = this.seen === null;
    this.seen ??= new Map();
    if (!isFirst && !this.phone.element.checkVisibility()) return;
    for (const [thread, id] of this.newest) if (isFirst || this.thread === null || thread === this.thread) this.seen.set(thread, id);
  }

  /** The topics with something the person has not looked at. */
  unread() {
    return [...this.newest].filter(([thread, id]) => id > (this.seen?.get(thread) ?? 0)).map(([thread]) => thread);
  }

  draw() {
    const unread = this.unread();
    this.element.hidden = this.thread === null;
    const look = JSON.stringify([this.thread, this.list, unread]);
    if (this.element.dataset.look === look) return;
    this.element.dataset.look = look;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.thread : null;
    const ids = this.thread === null ? [] : [0, ...this.list.map(({ id }) => id)];
    this.element.replaceChildren(...ids.map((id) => this.button(id, unread.includes(id))));
    if (focused !== null) this.element.querySelector(`[data-thread="${focused}"]`)?.focus();
    const chosen = this.element.querySelector("[aria-pressed=true]");
    if (chosen) this.element.scrollLeft = chosen.offsetLeft - (this.element.clientWidth - chosen.offsetWidth) / 2;
  }

  button(id, isUnread) {
    const mark = isUnread && [el("span", { class: "dot", "aria-hidden": "true" }), el("span", { class: "unseen" }, ` ${t("unread")}`)];
    return el("button", {
      type: "button", "data-thread": id, "aria-pressed": String(id === this.thread), class: isUnread ? "unread" : "", title: this.name(id),
      onclick: () => this.open(id),
    }, el("span", { class: "topic-name" }, this.name(id)), mark);
  }

  name(id) {
    return this.list.find((topic) => topic.id === id)?.name ?? t("topicGeneral");
  }
}
