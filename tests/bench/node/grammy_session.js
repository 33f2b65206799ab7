// Peer f: grammY with its session plugin over SQLite (better-sqlite3, WAL, synchronous NORMAL). argv: port, start|run (run: grammY's runner).
const path = require("path");
const { Bot, session } = require("grammy");
const { run, sequentialize } = require("@grammyjs/runner");
const Database = require("better-sqlite3");
const { words, keyboard } = require("./words");

const [, , port, how] = process.argv;
const db = new Database(path.join(process.env.BENCH_DATA, "peer.sqlite3"));
db.pragma("journal_mode=WAL");
db.pragma("synchronous=NORMAL");
db.exec("CREATE TABLE IF NOT EXISTS session(key TEXT PRIMARY KEY, value TEXT)");
const get = db.prepare("SELECT value FROM session WHERE key = ?");
const put = db.prepare("INSERT INTO session VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value");
const drop = db.prepare("DELETE FROM session WHERE key = ?");
const storage = {
  read: key => { const row = get.get(key); return row && JSON.parse(row.value); },
  write: (key, value) => { put.run(key, JSON.stringify(value)); },
  delete: key => { drop.run(key); },
};

const bot = new Bot("42:TEST", { client: { apiRoot: `http://127.0.0.1:${port}` } });
if (how === "run") bot.use(sequentialize(context => String(context.chat.id)));
bot.use(session({ initial: () => ({ state: null, data: {} }), storage }));
bot.command("start", async context => {
  context.session = { state: "lang", data: {} };
  await context.reply(words.LANG, keyboard(words.LANG_KB));
});
bot.on("callback_query:data", async context => {
  const held = context.session, [key, value] = context.callbackQuery.data.split(":");
  await context.answerCallbackQuery();
  if (held.state === "lang" && key === "lang") {
    held.data.lang = value; held.state = "consent";
    await context.reply(words.CONSENT, keyboard(words.CONSENT_KB));
  } else if (held.state === "consent" && key === "consent") {
    held.state = "sit";
    await context.reply(words.SITUATION, keyboard(words.SITUATION_KB));
  } else if (held.state === "sit" && key === "sit") {
    held.data.situation = value; held.state = "q1";
    await context.reply(words.Q1);
  } else if (held.state === "q2" && key === "safe") {
    held.data.safe = value; held.state = "q3";
    await context.reply(words.Q3);
  } else if (held.state === "handoff" && key === "human") {
    held.state = "done";
    await context.reply(words.DONE);
  }
});
bot.on("message:text", async context => {
  const held = context.session;
  if (held.state === "q1") {
    held.data.age = context.message.text; held.state = "q2";
    await context.reply(words.Q2, keyboard(words.Q2_KB));
  } else if (held.state === "q3") {
    held.data.town = context.message.text; held.state = "handoff";
    await context.reply(words.CARD(held.data), keyboard(words.CARD_KB));
  }
});
bot.catch(error => console.error(String(error.error).slice(0, 200)));
if (how === "run") run(bot); else bot.start();
