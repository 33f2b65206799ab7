// What stands beside the phones: what remains on the phone, the clock, the bot's calls, faults on purpose, and starting over.

import { ask, el, iconButton, toast } from "./dom.js";
import { outline } from "./bubble.js";
import * as control from "./control.js";
import { aheadText, day, hour, hourExact, iso, isSameDay, now } from "./times.js";
import { named, t } from "./words.js";

const steps = [60, 600, 3600, 13 * 3600, 40 * 3600];
const stepNames = ["1 min", "10 min", "1 h", "13 h", "40 h"];
const keptCalls = 300;

/** Runs a deed of a panel, then asks for news; a refusal is shown. */
async function doing(house, deed) {
  try {
    await deed();
    await house.changed();
  } catch (error) {
    toast(t("failed", error.message), "bad");
  }
}

const panel = (id, title, open, ...content) =>
  el("details", { class: "panel", id, open }, el("summary", {}, el("h2", {}, title)), el("div", { class: "panel-body" }, content));

// -- what remains -----------------------------------------------------------------------------------------------------------------

export class Remains {
  constructor() {
    this.body = el("div");
    this.element = panel("remains", t("remains"), true, this.body);
  }

  show(phone) {
    this.element.hidden = !phone;
    const messages = phone?.chat?.messages ?? [];
    const name = phone?.botName();
    const look = JSON.stringify([phone?.person, name, messages, phone?.chat?.deleted]);
    if (!phone || this.look === look) return;
    this.look = look;
    const last = messages.at(-1);
    this.body.replaceChildren(el("p", {}, t("remainsIntro", phone.person.first_name)),
      ...(last ? [el("h3", {}, t("inList")), listRow(name, last), el("h3", {}, t("inChat", messages.length)), inChat(messages, name)]
        : [el("p", { class: "nothing" }, t("nothing"))]),
      el("p", { class: "hint" }, ...(phone.chat?.deleted ? [`${t("removed", phone.chat.deleted)}. `] : []), t("remainsLimits")));
  }
}

/** A chat list shows one line; what stands in its first words is read over a shoulder. */
const listRow = (name, last) => el("div", { class: "list-row" },
  el("span", { class: "avatar", "aria-hidden": "true" }, name.charAt(0).toUpperCase()),
  el("div", {}, el("p", {}, el("strong", {}, name),
    el("time", { datetime: iso(last.date) }, isSameDay(last.date, now()) ? hour(last.date) : day(last.date))),
  el("p", { class: "one-line" }, outline(last))));

const inChat = (messages, name) => el("ol", { class: "left-over" }, messages.map((message) => el("li", {},
  el("span", { class: "by" }, message.from === "user" ? t("you") : name, " · ", hour(message.date)),
  el("span", { class: "said" }, outline(message)), marks(message))));

function marks(message) {
  const count = message.reply_markup?.inline_keyboard?.flat().length ?? 0;
  const found = [count && t("buttons", count), message.edit_date && t("edited")].filter(Boolean);
  return found.length ? el("span", { class: "marks" }, found.join(" · ")) : null;
}

// -- clock ------------------------------------------------------------------------------------------------------------------------

export class Clock {
  constructor(house) {
    this.face = el("time", { class: "clock-face" });
    this.ahead = el("span", { class: "hint" });
    this.element = panel("clock", t("clock"), true,
      el("p", { class: "clock-line", "aria-label": t("serverClock") }, this.face, this.ahead),
      el("div", { class: "row" }, steps.map((seconds, n) => el("button", {
        type: "button", class: "step", "aria-label": t("advanceBy", stepNames[n]), onclick: () => doing(house, () => control.advance(seconds)),
      }, `+${stepNames[n]}`))));
    this.tick();
  }

  tick() {
    const text = `${day(now())} · ${hourExact(now())}`;
    if (this.face.textContent !== text) this.face.textContent = text;
    this.face.setAttribute("datetime", iso(now()));
    this.ahead.textContent = aheadText();
  }
}

// -- calls ------------------------------------------------------------------------------------------------------------------------

export class Calls {
  constructor() {
    this.rows = el("ol", { class: "calls" });
    this.none = el("p", { class: "hint" }, t("noCalls"));
    this.count = el("p", { class: "call-count", role: "status" });
    this.seen = 0;
    this.bad = 0;
    this.polls = el("input", { type: "checkbox", checked: true, onchange: () => this.filter() });
    this.only = el("input", { type: "checkbox", onchange: () => this.filter() });
    this.element = panel("calls", t("calls"), false, this.count,
      el("div", { class: "row" }, el("label", {}, this.polls, t("hidePolls")), el("label", {}, this.only, t("onlyProblems"))),
      this.none, this.rows);
    this.badge = el("span", { class: "badge", hidden: true });
    this.element.querySelector("summary").append(this.badge);
    this.filter();
  }

  filter() {
    this.rows.classList.toggle("no-polls", this.polls.checked);
    this.rows.classList.toggle("only-problems", this.only.checked);
  }

  /** The log of calls began again. */
  restart() {
    this.rows.replaceChildren();
    this.seen = 0;
    this.bad = 0;
  }

  async refresh() {
    const fresh = (await control.calls(this.seen)).filter((call) => call.n > this.seen);
    for (const call of fresh.sort((a, b) => a.n - b.n)) this.add(call);
    while (this.rows.children.length > keptCalls) this.rows.lastElementChild.remove();
    this.none.hidden = this.rows.children.length > 0;
    this.count.textContent = this.bad ? t("problems", this.bad) : t("clean");
    this.count.classList.toggle("bad", this.bad > 0);
    this.badge.textContent = this.bad || "";
    this.badge.hidden = !this.bad;
  }

  add(call) {
    this.seen = call.n;
    const problems = call.problems ?? [];
    this.bad += problems.length;
    const isPoll = call.method?.toLowerCase() === "getupdates";
    const kind = problems.length ? "problem" : call.error ? "refused" : "";
    this.rows.prepend(el("li", { class: `${kind} ${isPoll ? "poll" : ""}` }, el("details", {},
      el("summary", {}, el("span", { class: "number" }, String(call.n)), el("strong", {}, call.method),
        el("span", { class: "one-line" }, call.error ? errorText(call) : brief(call.params))),
      problems.map((problem) => el("p", { class: "bad" }, problem)), call.fault && el("p", {}, t("struck", named(call.fault))),
      shown(t("params"), call.params), shown(t("result"), call.error ?? call.result))));
  }
}

const errorText = ({ error, error_code: code }) => [code, error].filter(Boolean).join(" ");
const shown = (title, value) => (value === undefined || value === null ? null : [el("h3", {}, title), el("pre", { tabindex: 0 }, pretty(value))]);
const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 1));

function brief(params) {
  const { text, caption, message_id: id } = params ?? {};
  return [id && `#${id}`, text ?? caption ?? ""].filter(Boolean).join(" ").slice(0, 90);
}

// -- faults -----------------------------------------------------------------------------------------------------------------------

const kinds = ["429", "5xx", "timeout", "slow", "cut_before", "cut_after", "duplicate_update", "topics_ignored", "cut_download"];
const methodOf = { duplicate_update: "getUpdates", topics_ignored: "send*", cut_download: "download" };
const methods = ["*", "sendMessage", "send*", "editMessageText", "deleteMessage*", "answerCallbackQuery", "getUpdates", "download"];

export class Faults {
  constructor(house) {
    this.house = house;
    this.method = el("input", { value: "sendMessage", required: true, list: "methods", autocomplete: "off", spellcheck: "false" });
    this.kind = el("select", { onchange: () => this.fit() }, kinds.map((kind) => el("option", { value: kind }, t(kind))));
    this.times = el("input", { type: "number", min: "1", max: "1000", value: "1" });
    this.wait = el("input", { type: "number", min: "0", max: "600", value: "3" });
    this.list = el("ul", { class: "fault-list" });
    this.element = panel("faults", t("faults"), false,
      el("form", { class: "grid", onsubmit: (event) => { event.preventDefault(); this.add(); } },
        el("datalist", { id: "methods" }, methods.map((value) => el("option", { value }))),
        el("label", {}, t("faultMethod"), this.method), el("label", {}, t("faultKind"), this.kind),
        el("label", {}, t("faultTimes"), this.times), el("label", {}, t("faultWait"), this.wait),
        el("button", { class: "primary" }, t("addFault")),
        el("button", { type: "button", class: "plain", onclick: () => doing(house, control.clearFaults) }, t("clearFaults"))),
      this.list);
    this.fit();
  }

  /** Only some faults wait, and some are a matter of one method. */
  fit() {
    this.wait.disabled = !["429", "timeout", "slow"].includes(this.kind.value);
    if (methodOf[this.kind.value]) this.method.value = methodOf[this.kind.value];
  }

  add() {
    const seconds = Number(this.wait.value);
    const kind = this.kind.value;
    const fault = { method: this.method.value.trim(), kind, times: this.times.value ? Number(this.times.value) : null };
    if (kind === "429") fault.retry_after = Math.max(1, Math.round(seconds));
    if (kind === "timeout" || kind === "slow") fault.delay = seconds;
    return doing(this.house, () => control.addFaults([fault]));
  }

  show(faults) {
    const look = JSON.stringify(faults);
    if (this.look === look) return;
    this.look = look;
    this.list.replaceChildren(...(faults.length ? faults.map(faultLine) : [el("li", { class: "hint" }, t("noFaults"))]));
  }
}

function faultLine(fault) {
  const left = fault.times === null || fault.times === undefined ? t("always") : t("timesLeft", fault.times);
  return el("li", {}, el("strong", {}, fault.method), ` · ${named(fault.kind)} · ${left}`);
}

// -- the whole column -------------------------------------------------------------------------------------------------------------

export class Panels {
  constructor(house) {
    Object.assign(this, { remains: new Remains(), clock: new Clock(house), calls: new Calls(), faults: new Faults(house) });
    this.bots = el("select", { onchange: () => house.chooseBot(this.phone.person, Number(this.bots.value)) });
    this.botLine = el("label", { class: "bot-line", hidden: true }, t("botLabel"), this.bots);
    this.elements = [
      el("div", { class: "panels-head" }, el("h2", {}, t("panel")), iconButton("close", t("closePanel"), () => house.openPanel(false))),
      this.botLine, this.remains.element, this.clock.element, this.calls.element, this.faults.element,
      el("p", { class: "hint" }, t("demoNote")),
      el("button", { type: "button", class: "plain danger", onclick: () => startOver(house) }, t("reset")),
    ];
  }

  show({ state, phone }) {
    this.phone = phone;
    this.remains.show(phone);
    this.clock.tick();
    this.faults.show(state.faults ?? []);
    this.botLine.hidden = state.bots.length < 2 || !phone;
    const look = JSON.stringify(state.bots.map(({ id, name, username }) => [id, name, username]));
    if (this.bots.dataset.look !== look) {
      this.bots.dataset.look = look;
      this.bots.replaceChildren(...state.bots.map(({ id, name, username }) => el("option", { value: String(id) }, `${name} (@${username})`)));
    }
    if (phone?.bot()) this.bots.value = String(phone.bot().id);
  }
}

async function startOver(house) {
  if (await ask(t("reset"), t("resetSure"), t("resetYes"), { kind: "danger" })) await doing(house, async () => { await control.reset(); house.forget(); });
}
