// One person's phone: their chat with one bot, and what they can do in it. The messages are log.js, the writing is composer.js, the
// topics topics.js.

import { Composer } from "./composer.js";
import * as control from "./control.js";
import { ask, el, iconButton, openMenu, toast } from "./dom.js";
import { Log } from "./log.js";
import * as profile from "./profile.js";
import { isWeb } from "./rich.js";
import { Topics } from "./topics.js";
import { t } from "./words.js";

export class Phone {
  /** `house` is the page: {bot(person), bots(), changed(), chooseBot(person, id), activate(phone), close(phone), showRemains(phone),
   *  showTabs()}. `memory` is what an earlier phone of the same person knew (see `memory()`): `uncovered` are the pictures tapped open,
   *  `asked` the forced answers that were opened. */
  constructor(person, house, { draft = "", topics = {}, uncovered = new Set(), asked = new Set() } = {}) {
    Object.assign(this, { person, house, chat: null, seenAlerts: new Map(), uncovered, asked, topics: new Topics(this, topics) });
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
    this.owner = el("p", { class: "owner" }, el("span", { class: "one-line" }, t("phoneOf", this.person.first_name)));
    this.avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    this.menuButton = iconButton("more", t("more"), () => this.showMore(), { "aria-haspopup": "menu" });
    this.removed = el("p", { class: "removed", hidden: true });
    this.blockedBar = el("div", { class: "blocked-bar", hidden: true }, el("p", {}, t("blockedNow")),
      el("button", { type: "button", class: "primary", onclick: () => this.does("unblock") }, t("unblock")));
    this.element = el("section", { class: "phone", "aria-label": t("phoneOf", this.person.first_name) }, this.owner,
      el("header", { class: "phone-head" }, this.avatar, el("div", { class: "who" }, this.title, this.subtitle),
        iconButton("eye", t("remains"), () => this.house.showRemains(this), { class: "icon-button eye" }), this.menuButton,
        iconButton("close", t("closePhone", this.person.first_name), () => this.house.close(this), { class: "icon-button closer" })),
      this.topics.element, this.removed, this.log.element, this.composer.element, this.blockedBar, this.composer.keys, this.composer.file);
    this.element.addEventListener("focusin", () => this.house.activate(this));
    this.element.addEventListener("pointerdown", () => this.house.activate(this));
  }

  bot() {
    return this.house.bot(this.person);
  }

  botName() {
    return profile.botName(this.bot(), this.person) ?? t("bot");
  }

  get isBlocked() {
    return Boolean(this.person.blocked?.[this.bot()?.id]);
  }

  get thread() {
    return this.topics.thread;
  }

  get draft() {
    return this.composer.editing ? "" : this.composer.box.value;
  }

  /** What must not be lost when the phone is drawn anew. */
  memory() {
    const { draft, uncovered, asked } = this;
    return { draft, topics: this.topics.memory(), uncovered, asked };
  }

  commands() {
    return profile.commands(this.bot(), this.person);
  }

  // -- what the server says ----------------------------------------------------------------------------------------------------

  show(person, chat) {
    const isFirst = this.chat === null;
    const removedBefore = isFirst ? chat.deleted : this.chat.deleted;
    Object.assign(this, { person, chat });
    this.showHead();
    this.topics.show(chat, this.bot());
    this.showRemoved(removedBefore);
    this.showMessages();
    this.showKeys();
    this.showAlerts(isFirst);
  }

  showHead() {
    this.title.textContent = this.botName();
    this.avatar.textContent = this.botName().trim().charAt(0).toUpperCase();
    this.subtitle.textContent = this.chat.typing ? t("typing") : `@${this.bot()?.username ?? ""}`;
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
      person: this.person.first_name, bot: this.botName(), find: (id) => this.find(id), uncovered: this.uncovered,
    });
    this.showEmpty(!messages.length && !this.isBlocked && !this.thread);
    if (this.composer.replying && !this.find(this.composer.replying.message_id)) this.composer.stopReplying();
    this.openForcedReply(messages.at(-1));
  }

  find(id) {
    return this.chat.messages.find((message) => message.message_id === id);
  }

  /** Another topic is shown: its own draft, its own messages. */
  turnTo(draft) {
    this.composer.stopReplying();
    this.composer.stopEditing();
    this.composer.setDraft(draft);
    this.log.turn();
  }

  /** A bot may ask for an answer to its newest message: the answer is opened once, as if the person had chosen to reply. */
  openForcedReply(last) {
    if (last?.from !== "bot" || !last.reply_markup?.force_reply || this.asked.has(last.message_id) || this.composer.editing) return;
    this.asked.add(last.message_id);
    this.composer.startReplying(last, this.element.contains(document.activeElement));
  }

  showEmpty(isEmpty) {
    const bot = this.bot();
    const texts = isEmpty ? [profile.description(bot, this.person) || t("emptyChat"), `@${bot?.username ?? ""}`] : [];
    this.log.showEmpty(texts, () => this.does("start"));
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
    const keyboard = this.thread ? this.chat.topic_keyboards?.[this.thread] : this.chat.keyboard;
    this.composer.showKeys(keyboard ?? null, this.isBlocked);
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
    const bot = this.bot();
    if (!bot) return null;
    const target = this.composer.replying;
    try {
      const answer = await control.deed(this.person.id, what, body instanceof FormData ? body : { bot: bot.id, ...this.whereTo(what), ...body });
      if (what === "media" || what === "text") this.composer.stopReplying(target);
      await this.house.changed();
      return answer;
    } catch (error) {
      toast(t("failed", error.message), "bad");
      return null;
    }
  }

  /** The topic and the message a new message belongs to. */
  whereTo(what) {
    if (what !== "text" && what !== "media") return {};
    const answered = this.composer.replying?.message_id;
    return { ...(this.thread ? { thread_id: this.thread } : {}), ...(answered ? { reply_to: answered } : {}) };
  }

  sendFile(kind, file, extra = {}) {
    const form = new FormData();
    const fields = { bot: this.bot().id, kind, ...this.whereTo("media"), ...extra };
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
      ...this.house.bots().filter(({ id }) => id !== this.bot()?.id).map((bot) => (
        { text: t("talkTo", profile.botName(bot, this.person)), note: `@${bot.username}`, run: () => this.house.chooseBot(this.person, bot.id) })),
      { text: t("clear"), run: () => this.clear() },
      ...(this.thread ? [{ text: t("deleteTopic", this.topics.name(this.thread)), kind: "danger", run: () => this.deleteTopic() }] : []),
      this.isBlocked ? { text: t("unblock"), run: () => this.does("unblock") } : { text: t("block"), kind: "danger", run: () => this.does("block") },
    ]);
  }

  async deleteTopic() {
    const thread = this.thread;
    const question = [t("deleteTopic", this.topics.name(thread)), t("deleteTopicSure"), t("deleteTopicYes")];
    if (await ask(...question, { kind: "danger" })) await this.does("deletetopic", { thread_id: thread });
  }

  async clear() {
    if (await ask(t("clear"), t("clearSure"), t("clearYes"), { kind: "danger" })) await this.does("clear", { for_both: false });
  }

  showActions(message, anchor) {
    const canEdit = message.from === "user" && (message.text || message.media?.file_id);
    openMenu(anchor, t("actions"), [
      { text: t("reply"), run: () => this.composer.startReplying(message) },
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
