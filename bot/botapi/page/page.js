// The page of the demo: people's phones in the middle, the panels beside them. This file keeps who is here, which phones lie on the
// table and what is on the address line; what a phone shows is phone.js, what stands beside it panels.js.

import { ask, el, iconButton } from "./dom.js";
import * as control from "./control.js";
import { Panels } from "./panels.js";
import { Phone } from "./phone.js";
import { setClock } from "./times.js";
import { clientLanguages, language, t, useLanguage } from "./words.js";

const place = (id) => document.getElementById(id);
const mostLaid = 4;  // phones laid side by side by themselves; more are laid by their tabs

class House {
  constructor(address) {
    const [people, bots] = ["user", "bot"].map((name) => address.getAll(name).map(Number));
    const chosen = new Map(people.map((id, at) => [id, bots[at] || null]));
    Object.assign(this, { state: null, phones: new Map(), active: people[0] ?? null, wantedUsers: people, chosen });
    Object.assign(this, { running: null, again: false, wasOpened: false });
    useLanguage(address.get("lang") ?? "es");
    this.furnish();
    setInterval(() => this.panels.clock.tick(), 1000);
  }

  /** Builds everything that carries words; again when the language changes. Drafts stay. */
  furnish() {
    const other = language() === "es" ? "en" : "es";
    document.title = `Amparo · ${t("demo")}`;
    this.panels = new Panels(this);
    place("panels").setAttribute("aria-label", t("panel"));
    place("panels").replaceChildren(...this.panels.elements);
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": t("phones") });
    this.panelButton = iconButton("panel", t("panel"), () => this.openPanel(place("panels").hidden), { class: "icon-button panel-button", "aria-controls": "panels" });
    place("bar").replaceChildren(el("h1", {}, "Amparo ", el("small", {}, t("demo"))), this.tabs,
      iconButton("plus", t("newPerson"), () => this.newPerson()),
      el("button", { type: "button", class: "plain language", lang: other, "aria-label": t("otherLanguage"), onclick: () => this.switchLanguage() },
        el("span", { class: "long" }, t("otherLanguage")), el("span", { class: "short" }, other.toUpperCase())),
      this.panelButton);
    this.openPanel(this.isWide() || !place("panels").hidden);
  }

  isWide() {
    return matchMedia("(min-width: 861px)").matches;
  }

  // -- news --------------------------------------------------------------------------------------------------------------------

  /** Fetches the news; calls that come while one is under way share the next round, so nobody misses a change. */
  changed() {
    if (this.running) {
      this.next ??= this.running.then(() => { this.next = null; return this.changed(); });
      return this.next;
    }
    this.running = this.fetchNews().finally(() => { this.running = null; });
    return this.running;
  }

  async fetchNews() {
    try {
      const before = this.state;
      this.state = await control.state();
      if (before && isAnotherWorld(before, this.state)) this.panels.calls.restart();
      setClock(this.state.clock);
      this.layTable();
      await Promise.all([...this.phones.values()].map((phone) => this.bring(phone)));
      this.showAll();
      await this.panels.calls.refresh();
      this.trouble(this.state.bots.length ? "" : t("noBot"));
    } catch (error) {
      this.trouble(t("offline"));
      if (!(error instanceof TypeError || error instanceof control.Refused)) throw error;
    }
  }

  async bring(phone) {
    const bot = phone.bot();
    const person = this.state.users.find(({ id }) => id === phone.person.id);
    if (!bot || !person) return;
    const chat = await control.chat(person.id, bot.id);
    if (phone.bot()?.id === bot.id && this.phones.get(person.id) === phone) phone.show(person, chat);
  }

  trouble(text) {
    place("trouble").hidden = !text;
    if (place("trouble").textContent !== text) place("trouble").textContent = text;
  }

  // -- who is here ---------------------------------------------------------------------------------------------------------------

  bots() {
    return this.state?.bots ?? [];
  }

  /** The bot a person's phone shows: chosen on this page, else named by whoever added the person, else the first. */
  bot({ id: person }) {
    const wanted = this.chosen.get(person) ?? this.state?.users.find(({ id }) => id === person)?.bot;
    return this.bots().find(({ id }) => id === wanted) ?? this.bots()[0] ?? null;
  }

  layTable() {
    const ids = this.state.users.map(({ id }) => id);
    for (const id of this.phones.keys()) if (!ids.includes(id)) this.takeAway(id);
    if (!ids.includes(this.active)) this.active = null;
    if (!this.wasOpened && ids.length) {
      this.wasOpened = true;
      const wanted = this.wantedUsers.filter((id) => ids.includes(id));
      (wanted.length ? wanted : ids.slice(0, mostLaid)).forEach((id) => this.lay(id));
      if (this.phones.size > 2) this.openPanel(false);
    }
    this.active ??= [...this.phones.keys()][0] ?? ids[0] ?? null;
    if (this.active && !this.phones.has(this.active)) this.lay(this.active);
    this.showNobody(!ids.length);
  }

  lay(id, memory = {}) {
    if (this.phones.has(id)) return;
    const person = this.state.users.find((user) => user.id === id);
    if (!person) return;
    const phone = new Phone(person, this, memory);
    this.phones.set(id, phone);
    place("stage").append(phone.element);
  }

  takeAway(id) {
    this.phones.get(id)?.element.remove();
    this.phones.delete(id);
    if (this.active === id) this.active = [...this.phones.keys()].at(-1) ?? null;
  }

  showNobody(isEmpty) {
    const old = place("stage").querySelector(".nobody");
    if (!isEmpty) { old?.remove(); return; }
    if (!old) {
      place("stage").append(el("div", { class: "nobody" }, el("p", {}, el("strong", {}, t("nobody"))), el("p", {}, t("nobodyHint")),
        el("button", { type: "button", class: "primary big", onclick: () => this.newPerson() }, t("newPerson"))));
    }
  }

  async newPerson() {
    const name = el("input", { required: true, maxlength: 64, autocomplete: "off", autofocus: true });
    const code = el("select", {}, clientLanguages.map(([value, label]) => el("option", { value }, label)));
    code.value = language();
    const bot = el("select", {}, this.bots().map(({ id, name: title }) => el("option", { value: String(id) }, title)));
    const body = el("div", { class: "grid single" }, el("label", {}, t("name"), name), el("label", {}, t("phoneLanguage"), code),
      this.bots().length > 1 && el("label", {}, t("botLabel"), bot));
    if (!(await ask(t("newPerson"), body, t("create")))) return;
    try {
      const person = await control.addPerson(name.value.trim(), code.value, Number(bot.value) || null);
      await this.changed();
      await this.bringForward(person.id);
    } catch (error) {
      this.trouble(t("failed", error.message));
    }
  }

  // -- what the phones and panels ask of the house --------------------------------------------------------------------------------

  activate(phone) {
    if (this.active === phone.person.id) return;
    this.active = phone.person.id;
    this.showAll();
  }

  async bringForward(id) {
    this.active = id;
    this.lay(id);
    await this.changed();
    const { element } = this.phones.get(id);
    element.scrollIntoView({ inline: "nearest", block: "nearest" });
    if (this.isWide()) this.phones.get(id).composer.box.focus({ preventScroll: true });
  }

  close(phone) {
    this.takeAway(phone.person.id);
    this.layTable();
    this.changed();
    this.tabs.querySelector("[aria-pressed=true]")?.focus();
  }

  /** Another bot's chat on the same phone; what was half written to the first one is not carried over. */
  async chooseBot({ id: person }, bot) {
    this.chosen.set(person, bot);
    this.active = person;
    this.rebuildPhones(person);
    await this.changed();
    this.phones.get(person)?.menuButton.focus();
  }

  rebuildPhones(forgetful = null) {
    const memories = [...this.phones].map(([id, phone]) => [id, id === forgetful ? {} : phone.memory()]);
    for (const [id] of memories) { this.phones.get(id).element.remove(); this.phones.delete(id); }
    memories.forEach(([id, memory]) => this.lay(id, memory));
  }

  async switchLanguage() {
    useLanguage(language() === "es" ? "en" : "es");
    this.furnish();
    place("stage").querySelector(".nobody")?.remove();
    this.rebuildPhones();
    await this.changed();
    place("bar").querySelector(".language").focus();
  }

  showRemains(phone) {
    this.activate(phone);
    this.openPanel(true);
    const { element } = this.panels.remains;
    element.open = true;
    element.scrollIntoView({ block: "nearest" });
    element.querySelector("summary").focus();
  }

  openPanel(open) {
    const wasOpen = !place("panels").hidden;
    const focused = document.activeElement;
    place("panels").hidden = !open;
    this.panelButton.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-panels", open);
    if (!open && wasOpen && place("panels").contains(focused)) this.panelButton.focus();
    if (open && !wasOpen && !this.isWide()) place("panels").querySelector("button").focus();
  }

  /** After a reset of the server nothing remembered here is true any more. */
  forget() {
    [...this.phones.keys()].forEach((id) => this.takeAway(id));
    this.active = null;
    this.chosen.clear();
  }

  // -- the bar and the address line ------------------------------------------------------------------------------------------------

  showAll() {
    for (const [id, phone] of this.phones) phone.element.classList.toggle("active", id === this.active);
    for (const phone of this.phones.values()) if (phone.chat) phone.topics.look();
    document.body.classList.toggle("several", this.phones.size > 1);
    document.body.classList.toggle("crowded", this.state.users.length > 2);
    this.showTabs();
    this.panels.show({ state: this.state, phone: this.phones.get(this.active) });
    this.writeAddress();
  }

  showTabs() {
    const laid = [...this.phones.values()].map((phone) => [phone.person.id, phone.bot()?.id, phone.topics.unread().length]);
    const look = JSON.stringify([this.state.users, this.bots().map(({ name }) => name), this.active, laid]);
    if (this.tabs.dataset.look === look) return;
    this.tabs.dataset.look = look;
    const focused = document.activeElement?.dataset?.tab;
    this.tabs.replaceChildren(...this.state.users.map((user) => this.tab(user)));
    if (focused) this.tabs.querySelector(`[data-tab="${focused}"]`)?.focus();
    this.tabs.querySelector("[aria-pressed=true]")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  tab(user) {
    const phone = this.phones.get(user.id);
    const bot = this.bot(user);
    const isUnread = Boolean(phone?.topics.unread().length);
    return el("button", {
      type: "button", "data-tab": user.id, "aria-pressed": String(user.id === this.active), class: phone ? "laid" : "",
      onclick: () => this.bringForward(user.id),
    }, user.first_name, isUnread && [el("span", { class: "dot", "aria-hidden": "true" }), el("span", { class: "unseen" }, ` ${t("unread")}`)],
    el("small", {}, user.language_code), bot !== this.bots()[0] && el("small", { class: "tab-bot" }, bot?.name),
    user.blocked?.[bot?.id] && el("small", {}, t("blockedMark")));
  }

  /** Who is shown with which bot, the one in front first: `user` and `bot` come in pairs. */
  writeAddress() {
    const address = new URLSearchParams();
    const others = [...this.phones.keys()].filter((id) => id !== this.active);
    for (const id of [this.active, ...others].filter(Boolean)) {
      address.append("user", id);
      address.append("bot", this.bot({ id })?.id ?? 0);
    }
    if (language() !== "es") address.set("lang", language());
    const line = `/?${address}`;
    if (location.pathname + location.search !== line) history.replaceState(null, "", line);
  }
}

/** A server started anew counts versions from zero; a reset one has nobody left. Its calls are numbered from one again. */
const isAnotherWorld = (before, after) => after.version < before.version || (before.users.length > 0 && !after.users.length);

const house = new House(new URLSearchParams(location.search));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !house.isWide() && !document.querySelector("dialog[open], .menu")) house.openPanel(false);
});
matchMedia("(min-width: 861px)").addEventListener("change", () => house.openPanel(house.isWide()));
control.watch(() => house.changed());
house.changed();
