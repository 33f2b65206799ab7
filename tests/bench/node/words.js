// The same eight-step triage as peers/words.py.
exports.words = {
  LANG: "(1/8) Welcome. This is Amparo. Please choose your language.",
  LANG_KB: [["English", "lang:en"], ["Português", "lang:pt"], ["Español", "lang:es"]],
  CONSENT: "(2/8) We keep only what you tell us here, for 30 days. Do you agree to go on?",
  CONSENT_KB: [["Yes, I agree", "consent:yes"], ["No", "consent:no"]],
  SITUATION: "(3/8) What do you need help with today?",
  SITUATION_KB: [["Shelter", "sit:shelter"], ["Food", "sit:food"], ["Health", "sit:health"], ["Violence", "sit:violence"]],
  Q1: "(4/8) How old are you?",
  Q2: "(5/8) Are you safe right now?",
  Q2_KB: [["Yes", "safe:yes"], ["No", "safe:no"]],
  Q3: "(6/8) Which town are you in?",
  CARD: d =>
    `(7/8) Guidance for ${d.situation} in ${d.town} (age ${d.age}, safe: ${d.safe}):\n1. Go to the municipal support office.\n` +
    "2. Take any document you have.\n3. Write to us again at any hour.\n\nWould you like to talk to a person?",
  CARD_KB: [["Talk to a person", "human:yes"], ["No, thank you", "human:no"]],
  DONE: "(8/8) Thank you. You can write /start at any time.",
};
exports.keyboard = rows => ({ reply_markup: { inline_keyboard: rows.map(([text, callback_data]) => [{ text, callback_data }]) } });
