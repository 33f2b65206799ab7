// Where a person writes: the text box with Send, the menu of commands, what can be attached, the bot's reply keyboard.

import { outline } from "./bubble.js";
import { el, icon, iconButton, openMenu, toast } from "./dom.js";
import * as samples from "./samples.js";
import { t } from "./words.js";

const longestText = 4096;

export class Composer {
  /** `phone` sends: does(what, body) gives the server's answer or null when refused; commands() lists what the bot announced.
   *  `editing` is the id of the message being changed, `replying` the message being answered. */
  constructor(phone, draft) {
    Object.assign(this, { phone, editing: null, replying: null, place: "", keysPlaceholder: "" });
    this.box = el("textarea", {
      rows: 1, maxlength: longestText, placeholder: t("write"), "aria-label": t("write"), enterkeyhint: "send", dir: "auto", autocomplete: "off",
    });
    this.box.value = draft;
    this.box.addEventListener("input", () => this.fit());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.editBar = el("p", { class: "edit-bar", hidden: true }, el("span", {}, t("editing")), iconButton("close", t("cancel"), () => this.stopEditing()));
    this.replied = el("span", { class: "one-line" });
    this.replyBar = el("p", { class: "edit-bar reply-bar", hidden: true }, icon("reply"), this.replied,
      iconButton("close", t("cancelReply"), () => { this.stopReplying(); this.box.focus(); }));
    this.element = el("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } }, this.editBar, this.replyBar,
      el("div", { class: "composer-row" },
        el("button", { type: "button", class: "menu-button", "aria-haspopup": "menu", title: t("commands"), onclick: (event) => this.showCommands(event.currentTarget) },
          icon("menu"), el("span", {}, t("menu"))),
        this.box,
        iconButton("attach", t("attach"), (event) => this.showAttach(event.currentTarget), { "aria-haspopup": "menu" }),
        el("button", { class: "icon-button send", "aria-label": t("send"), title: t("send") }, icon("send"))));
    this.file = el("input", { type: "file", hidden: true, onchange: () => this.sendOwnFile() });
    this.keys = el("div", { class: "reply-keys", role: "group", "aria-label": t("keyboard"), hidden: true });
  }

  // -- words ---------------------------------------------------------------------------------------------------------------------

  async send() {
    const text = this.box.value.trim();
    if (!text) return;
    const id = this.editing;
    const target = this.replying;
    const thread = this.phone.thread;
    this.stopEditing();
    this.setDraft("");
    const answer = id ? await this.phone.does("edit", { message_id: id, text }) : await this.phone.does("text", { text });
    if (answer !== null) return this.stopReplying(target);
    if (!this.box.value && this.phone.thread === thread) this.setDraft(text);
  }

  setDraft(text) {
    this.box.value = text;
    this.fit();
  }

  fit() {
    this.box.style.setProperty("height", "auto");
    this.box.style.setProperty("height", `${Math.min(this.box.scrollHeight + 2, 120)}px`);
    if (this.box.value.length >= longestText) toast(t("tooLong"), "bad");
  }

  onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
    if (event.key === "Escape" && (this.editing || this.replying)) { event.stopPropagation(); this.stopEditing(); this.stopReplying(); }
  }

  // -- answers ---------------------------------------------------------------------------------------------------------------------

  startReplying(message, isFocused = true) {
    this.stopEditing();
    this.replying = message;
    this.replied.replaceChildren(el("span", { class: "unseen" }, t("replyTo"), " "), outline(message) || t("unknownMedia"));
    this.replyBar.hidden = false;
    this.showPlaceholder();
    if (isFocused) this.box.focus();
  }

  /** Ends the answer; with `target` only when it is still that one. */
  stopReplying(target = this.replying) {
    if (!this.replying || this.replying !== target) return;
    this.replying = null;
    this.replyBar.hidden = true;
    this.showPlaceholder();
  }

  /** `place` names the topic written into, "" where there are none. */
  showPlace(place) {
    if (this.place === place) return;
    this.place = place;
    this.showPlaceholder();
  }

  /** What the empty box says: the bot's own wish first, then the topic, because words in the wrong topic reach the wrong person. */
  showPlaceholder() {
    const label = this.place ? t("writeIn", this.place) : t("write");
    this.box.placeholder = this.replying?.reply_markup?.input_field_placeholder || this.keysPlaceholder || label;
    this.box.setAttribute("aria-label", label);
  }

  startEditing(message) {
    this.stopReplying();
    this.editing = message.message_id;
    this.editBar.hidden = false;
    this.setDraft(message.text ?? message.caption ?? "");
    this.box.focus();
  }

  stopEditing() {
    if (!this.editing) return;
    this.editing = null;
    this.editBar.hidden = true;
    this.setDraft("");
  }

  showCommands(anchor) {
    const items = this.phone.commands().map(({ command, description }) => (
      { text: `/${command}`, note: description, run: () => this.phone.does("text", { text: `/${command}` }) }));
    openMenu(anchor, t("commands"), items.length ? items : [{ text: t("noCommands") }, { text: "/start", run: () => this.phone.does("start") }]);
  }

  // -- files and places ------------------------------------------------------------------------------------------------------------

  showAttach(anchor) {
    const note = t("sample");
    openMenu(anchor, t("attach"), [
      { text: t("voice"), note, run: () => this.phone.sendFile("voice", samples.voice(2), { duration: 2 }) },
      { text: t("photo"), note, run: async () => this.phone.sendFile("photo", await samples.photo()) },
      { text: t("document"), note, run: () => this.phone.sendFile("document", samples.paper()) },
      { text: t("location"), note, run: () => this.sendPlace() },
      { text: t("contact"), note, run: () => this.sendContact() },
      { text: t("ownFile"), run: () => this.file.click() },
    ]);
  }

  sendPlace() {
    return this.phone.does("media", { kind: "location", ...samples.place });
  }

  /** The person's own card: a contact without a name is the sender's. */
  sendContact() {
    return this.phone.does("media", { kind: "contact", phone_number: samples.number });
  }

  async sendOwnFile() {
    const [file] = this.file.files;
    if (file) await this.phone.sendFile(samples.kindOf(file), file);
    this.file.value = "";
  }

  // -- the bot's reply keyboard ------------------------------------------------------------------------------------------------------

  showKeys(markup, isHidden) {
    const rows = markup?.keyboard ?? [];
    this.keys.hidden = !rows.length || isHidden;
    const look = JSON.stringify(markup ?? null);
    if (this.keys.dataset.look === look) return;
    this.keys.dataset.look = look;
    this.keysPlaceholder = markup?.input_field_placeholder ?? "";
    this.showPlaceholder();
    this.keys.replaceChildren(...rows.map((row) => el("div", { class: "keys-row" }, row.map((button) => this.replyKey(button)))));
  }

  replyKey(button) {
    const text = typeof button === "string" ? button : button.text;
    const press = button.request_location ? () => this.sendPlace()
      : button.request_contact ? () => this.sendContact() : () => this.phone.does("text", { text });
    return el("button", { type: "button", class: "key", onclick: press }, text);
  }
}
