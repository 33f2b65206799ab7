// One person's phone: their chat with one bot, and what they can do in it. The messages are log.js, the writing is composer.js.

import { Composer } from "./composer.js";
import * as control from "./control.js";
import { ask, el, iconButton, openMenu, toast } from "./dom.js";
import { Log } from "./log.js";
import * as profile from "./profile.js";
import { isWeb } from "./rich.js";
import { t } from "./words.js";

export class Phone {
  /** `house` is the page: {bot(), changed(), activate(phone), close(phone), showRemains(phone)}. */
  constructor(person, house, draft = "") {
    Object.assign(this, { person, house, chat: null, seenAlerts: new Map(), thread: null });
    this.log = new Log({
      tap: (message, row, col, button) => this.tap(message, row, col, button),
      command: (text) => this.does("text", { text }),
      actions: (message, anchor) => this.showActions(message, anchor),
    });
    this.composer = new Composer(this, draft);
    this.build();
  }

  build() {
    this.title = el("h2", {}, this.botName());
    this.subtitle = el("p", { class: "subtitle" });
    this.avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this.menuButton = iconButton("more", t("more"), () => this.showMore(), { "aria-haspopup": "menu" });
    this.topics = el("div", { class: "topics", role: "group", "aria-label": t("topics"), hidden: true });
    this.removed = el("p", { class: "removed", hidden: true });
    this.blockedBar = el("div", { class: "blocked-bar", hidden: true }, el("p", {}, t("blockedNow")),
      el("button", { type: "button", class: "primary", onclick: () => this.does("unblock") }, t("unblock")));
    this.element = el("section", { class: "phone", "aria-label": t("phoneOf", this.person.first_name) },
      el("header", { class: "phone-head" }, this.avatar, el("div", { class: "who" }, this.title, this.subtitle),
        iconButton("eye", t("remains"), () => this.house.showRemains(this)), this.menuButton,
        iconButton("close", t("closePhone", this.person.first_name), () => this.house.close(this), { class: "icon-button closer" })),
      this.topics, this.removed, this.log.element, this.composer.element, this.blockedBar, this.composer.keys, this.composer.file);
    this.element.addEventListener("focusin", () => this.house.activate(this));
    this.element.addEventListener("pointerdown", () => this.house.activate(this));
  }

  botName() {
    return profile.botName(this.house.bot(), this.person) ?? t("bot");
  }

  get isBlocked() {
    return Boolean(this.person.blocked?.[this.house.bot()?.id]);
  }

  get draft() {
    return this.composer.editing ? "" : this.composer.box.value;
  }

  commands() {
    return profile.commands(this.house.bot(), this.person);
  }

  // -- what the server says ----------------------------------------------------------------------------------------------------

  show(person, chat) {
    const isFirst = this.chat === null;
    const removedBefore = isFirst ? chat.deleted : this.chat.deleted;
    Object.assign(this, { person, chat });
    this.showHead();
    this.showTopics();
    this.showRemoved(removedBefore);
    this.showMessages();
    this.showKeys();
    this.showAlerts(isFirst);
  }

  showHead() {
    this.title.textContent = this.botName();
    this.avatar.textContent = this.botName().trim().charAt(0).toUpperCase();
    this.subtitle.textContent = this.chat.typing ? t("typing") : t("phoneOf", this.person.first_name);
    this.composer.element.hidden = this.isBlocked;
    this.blockedBar.hidden = !this.isBlocked;
  }

  visible() {
    return this.thread === null ? this.chat.messages : this.chat.messages.filter((message) => (message.thread_id ?? 0) === this.thread);
  }

  showMessages() {
    const messages = this.visible();
    this.log.showTyping(this.chat.typing ? t("isTyping", this.botName()) : "");
    this.log.show(messages, this.chat.spinning, {
      person: this.person.first_name, bot: this.botName(), find: (id) => this.chat.messages.find((message) => message.message_id === id),
    });
    this.showEmpty(!messages.length && !this.isBlocked);
  }

  showEmpty(isEmpty) {
    const bot = this.house.bot();
    const texts = isEmpty ? [profile.description(bot, this.person) || t("emptyChat"), `@${bot?.username ?? ""}`] : [];
    this.log.showEmpty(texts, () => this.does("start"));
  }

  showTopics() {
    const used = this.chat.messages.map((message) => message.thread_id ?? 0);
    const ids = [...new Set([...used, ...(this.chat.topics ?? []).map(({ id }) => id)])].sort((a, b) => a - b);
    this.topics.hidden = !ids.some((id) => id);
    if (this.thread !== null && !ids.includes(this.thread)) this.thread = null;
    const look = JSON.stringify([ids, this.thread, this.chat.topics]);
    if (this.topics.dataset.look === look) return;
    this.topics.dataset.look = look;
    this.topics.replaceChildren(...[null, ...ids].map((id) => el("button", {
      type: "button", "aria-pressed": String(id === this.thread), onclick: () => { this.thread = id; this.show(this.person, this.chat); },
    }, id === null ? t("topicAll") : this.topicName(id))));
  }

  topicName(id) {
    if (!id) return t("topicGeneral");
    return this.chat.topics?.find((topic) => topic.id === id)?.name ?? t("topicOf", id);
  }

  showRemoved(before) {
    const count = this.chat.deleted;
    this.removed.hidden = !count;
    if (count === this.removedShown) return;
    this.removedShown = count;
    this.removed.replaceChildren(el("strong", {}, t("removed", count)), el("small", {}, t("removedHint")));
    this.removed.classList.toggle("fresh", count > before);
    if (count > before) this.log.say(t("removed", count), true);
  }

  showKeys() {
    this.composer.showKeys(this.chat.keyboard, this.isBlocked);
  }

  /** Alerts are counted, not compared by place: the server keeps only the newest few. */
  showAlerts(isFirst) {
    const counted = new Map();
    for (const alert of this.chat.alerts) {
      const look = JSON.stringify(alert);
      counted.set(look, (counted.get(look) ?? 0) + 1);
      if (!isFirst && alert.text && counted.get(look) > (this.seenAlerts.get(look) ?? 0)) this.tell(alert);
    }
    this.seenAlerts = counted;
  }

  tell({ text, show_alert: isModal }) {
    if (isModal) ask(this.botName(), text, t("ok"), { no: null });
    else this.log.say(text);
  }

  // -- what the person does --------------------------------------------------------------------------------------------------------

  /** Sends one deed to the server; a refusal is shown and gives null. */
  async does(what, body = {}) {
    const bot = this.house.bot();
    if (!bot) return null;
    const thread = this.thread && (what === "text" || what === "media") ? { thread_id: this.thread } : {};
    try {
      const answer = await control.deed(this.person.id, what, body instanceof FormData ? body : { bot: bot.id, ...thread, ...body });
      await this.house.changed();
      return answer;
    } catch (error) {
      toast(t("failed", error.message), "bad");
      return null;
    }
  }

  sendFile(kind, file, extra = {}) {
    const form = new FormData();
    const fields = { bot: this.house.bot().id, kind, ...(this.thread ? { thread_id: this.thread } : {}), ...extra };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", file, file.name);
    return this.does("media", form);
  }

  async tap(message, row, col, button) {
    const release = this.log.press(message.message_id, row, col);
    const answer = await this.does("tap", { message_id: message.message_id, row, col });
    release(answer?.query);
    if (answer === null) return;
    if (button.copy_text) await copy(answer.copied ?? button.copy_text.text);
    if (button.url && isWeb(button.url)) await openLink(button.url);
  }

  showMore() {
    openMenu(this.menuButton, t("more"), [
      { text: t("start"), note: "/start", run: () => this.does("start") },
      { text: t("remains"), run: () => this.house.showRemains(this) },
      { text: t("clear"), run: () => this.clear() },
      this.isBlocked ? { text: t("unblock"), run: () => this.does("unblock") } : { text: t("block"), kind: "danger", run: () => this.does("block") },
    ]);
  }

  async clear() {
    if (await ask(t("clear"), t("clearSure"), t("clearYes"), { kind: "danger" })) await this.does("clear", { for_both: false });
  }

  showActions(message, anchor) {
    const canEdit = message.from === "user" && message.text && !message.media;
    openMenu(anchor, t("actions"), [
      ...(canEdit ? [{ text: t("edit"), run: () => this.composer.startEditing(message) }] : []),
      { text: t("hide"), run: () => this.does("delete", { message_id: message.message_id, for_both: false }) },
      { text: t("remove"), kind: "danger", run: () => this.does("delete", { message_id: message.message_id, for_both: true }) },
    ]);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied", text), "good");
  } catch {
    toast(t("copyFailed", text), "bad");
  }
}

async function openLink(url) {
  if (await ask(t("openLink"), el("p", { class: "address" }, url), t("open"))) window.open(url, "_blank", "noopener,noreferrer");
}
