// What a person's Telegram shows of a bot. A bot says its name, description and commands once for everybody and again per language; the
// narrowest answer wins, in the order of the Bot API's BotCommandScope for private chats.

const family = (person) => person.language_code.split("-")[0];

const inLanguage = (texts, person) => texts?.[family(person)] ?? texts?.[""];

export const botName = (bot, person) => inLanguage(bot?.profile?.names, person) ?? bot?.name;

export const description = (bot, person) => inLanguage(bot?.profile?.descriptions, person) ?? "";

export function commands(bot, person) {
  const scopes = [`chat:${person.id}`, "all_private_chats", "default"];
  const keys = scopes.flatMap((scope) => [`${scope}:${family(person)}`, `${scope}:`]);
  const known = bot?.profile?.commands ?? {};
  return known[keys.find((key) => known[key])] ?? [];
}
