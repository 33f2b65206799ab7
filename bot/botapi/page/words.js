// The page's own words, in Spanish and English. The bot's words come from the bot and are never touched here.
// A value may be a function of the numbers and names it needs, so plurals stay beside their sentence.

const es = {
  demo: "demo", newPerson: "Persona nueva", otherLanguage: "English", panel: "Panel", closePanel: "Cerrar el panel",
  phones: "Teléfonos", phoneOf: (n) => `Teléfono de ${n}`, closePhone: (n) => `Guardar el teléfono de ${n}`,
  name: "Nombre", phoneLanguage: "Idioma de su Telegram", create: "Crear", cancel: "Cancelar", close: "Cerrar", ok: "Entendido",
  nobody: "Todavía no hay nadie aquí.", nobodyHint: "Crea una persona para probar el bot en su teléfono.",
  noBot: "El bot todavía no se conecta. Esta página lo espera.", bot: "Bot", botLabel: "Bot de este teléfono", talkTo: (n) => `Hablar con ${n}`,
  start: "Iniciar", emptyChat: "Este chat está vacío.", typing: "escribiendo…", isTyping: (n) => `${n} está escribiendo`,
  write: "Mensaje", writeIn: (x) => `Mensaje en ${x}`, send: "Enviar", menu: "Menú", commands: "Comandos del bot", noCommands: "El bot no anunció comandos.", attach: "Adjuntar",
  voice: "Nota de voz", photo: "Foto", video: "Video", animation: "Animación", audio: "Audio", document: "Documento", sticker: "Sticker",
  location: "Ubicación", contact: "Contacto", ownFile: "Un archivo de esta computadora…", sample: "de muestra",
  edited: "editado", silent: "llegó sin sonido", protected: "no se puede reenviar ni guardar", you: "Persona",
  removed: (n) => n === 1 ? "Se quitó 1 mensaje" : `Se quitaron ${n} mensajes`, removedHint: "nota de la demo; en un teléfono no se ve",
  copied: (x) => `Copiado: ${x}`, copyFailed: (x) => `El navegador no dejó copiar: ${x}`, copyButton: (x) => `${x}, copia un texto`,
  linkButton: (x) => `${x}, abre un enlace`, openLink: "¿Abrir este enlace?", open: "Abrir", waiting: "esperando al bot",
  more: "Más acciones", actions: "Acciones del mensaje", edit: "Editar", editing: "Editando tu mensaje", hide: "Borrar solo en este teléfono", remove: "Borrar para los dos",
  block: "Bloquear el bot", unblock: "Desbloquear", blockedNow: "Bloqueaste este bot.", clear: "Vaciar el chat",
  clearSure: "El chat queda vacío en este teléfono. ¿Vaciarlo?", newMessages: "Ir al final", spoiler: "Mostrar texto oculto", covered: (x) => `${x} oculta: toca para ver`,
  topics: "Temas", topicGeneral: "General", unread: "con mensajes nuevos", deleteTopic: (x) => `Borrar el tema ${x}`, deleteTopicSure: "El tema se borra con sus mensajes. El bot no se entera. ¿Borrarlo?",
  deleteTopicYes: "Borrar el tema", reply: "Responder", cancelReply: "No responder a ese mensaje", replyTo: "En respuesta a", gone: "un mensaje que ya no está",
  messages: (n) => `Mensajes con ${n}`, unknownMedia: "Archivo", keyboard: "Respuestas rápidas",
  remains: "Qué queda en este teléfono", remainsIntro: (n) => `Si alguien toma ahora el teléfono de ${n}, ve esto:`, inList: "En la lista de chats",
  inChat: (n) => n === 1 ? "En el chat: 1 mensaje" : `En el chat: ${n} mensajes`, nothing: "Nada: el chat está vacío.",
  remainsLimits: "No cuenta notificaciones ya mostradas, capturas ni llamadas.",
  buttons: (n) => n === 1 ? "1 botón" : `${n} botones`, blockedMark: "bloqueado",
  clock: "Reloj", serverClock: "Hora del servidor", onTime: "Hora real", ahead: (x) => `Adelantado ${x}`, advanceBy: (x) => `Adelantar ${x}`,
  calls: "Llamadas del bot", noCalls: "Ninguna llamada todavía.", hidePolls: "Sin getUpdates", onlyProblems: "Solo problemas", clean: "Sin problemas",
  problems: (n) => n === 1 ? "1 problema" : `${n} problemas`, params: "Parámetros", result: "Respuesta", struck: (x) => `Falla a propósito: ${x}`,
  forum_topic_created: "Se abrió un tema", forum_topic_edited: "El tema cambió de nombre", forum_topic_closed: "Se cerró el tema",
  forum_topic_reopened: "Se reabrió el tema", pinned_message: "Se fijó un mensaje",
  faults: "Fallas a propósito", faultMethod: "Método (acepta *)", faultKind: "Falla", faultTimes: "Veces (vacío: siempre)",
  "429": "429: que espere", "5xx": "502: falla el servidor", timeout: "Se cuelga y corta", slow: "Responde tarde",
  cut_before: "Corte antes de hacerlo", cut_after: "Corte después de hacerlo", duplicate_update: "Mensaje repetido al bot", topics_ignored: "Tema ignorado sin avisar", cut_download: "Archivo cortado a la mitad", faultWait: "Segundos de espera", addFault: "Agregar falla",
  clearFaults: "Quitar todas", noFaults: "Ninguna falla activa.", timesLeft: (n) => `quedan ${n}`, always: "siempre",
  person: "Esta persona", reset: "Borrar todo y empezar de cero", resetSure: "Se borran todas las personas, chats y llamadas de la demo. ¿Seguir?",
  resetYes: "Borrar todo", clearYes: "Vaciar", demoNote: "Todo pasa en esta computadora. Ningún mensaje sale a Telegram.",
  offline: "Sin respuesta del servidor local. Se intenta de nuevo…", failed: (x) => `No se pudo: ${x}`, tooLong: "Un mensaje llega a 4096 caracteres.",
};

const en = {
  demo: "demo", newPerson: "New person", otherLanguage: "Español", panel: "Panel", closePanel: "Close panel",
  phones: "Phones", phoneOf: (n) => `${n}'s phone`, closePhone: (n) => `Put ${n}'s phone away`,
  name: "Name", phoneLanguage: "Language of their Telegram", create: "Create", cancel: "Cancel", close: "Close", ok: "OK",
  nobody: "Nobody is here yet.", nobodyHint: "Create a person to try the bot on their phone.",
  noBot: "The bot has not connected yet. This page is waiting for it.", bot: "Bot", botLabel: "Bot of this phone", talkTo: (n) => `Talk to ${n}`,
  start: "Start", emptyChat: "This chat is empty.", typing: "typing…", isTyping: (n) => `${n} is typing`,
  write: "Message", writeIn: (x) => `Message in ${x}`, send: "Send", menu: "Menu", commands: "Bot commands", noCommands: "The bot announced no commands.", attach: "Attach",
  voice: "Voice message", photo: "Photo", video: "Video", animation: "Animation", audio: "Audio", document: "Document", sticker: "Sticker",
  location: "Location", contact: "Contact", ownFile: "A file from this computer…", sample: "sample",
  edited: "edited", silent: "arrived without sound", protected: "cannot be forwarded or saved", you: "Person",
  removed: (n) => n === 1 ? "1 message was removed" : `${n} messages were removed`, removedHint: "a note of the demo; a phone does not show it",
  copied: (x) => `Copied: ${x}`, copyFailed: (x) => `The browser refused to copy: ${x}`, copyButton: (x) => `${x}, copies a text`,
  linkButton: (x) => `${x}, opens a link`, openLink: "Open this link?", open: "Open", waiting: "waiting for the bot",
  more: "More actions", actions: "Message actions", edit: "Edit", editing: "Editing your message", hide: "Delete on this phone only", remove: "Delete for both",
  block: "Block the bot", unblock: "Unblock", blockedNow: "You blocked this bot.", clear: "Clear the chat",
  clearSure: "The chat becomes empty on this phone. Clear it?", newMessages: "Go to the end", spoiler: "Show hidden text", covered: (x) => `${x} hidden: tap to see`,
  topics: "Topics", topicGeneral: "General", unread: "with new messages", deleteTopic: (x) => `Delete topic ${x}`, deleteTopicSure: "The topic is deleted with its messages. The bot is not told. Delete it?",
  deleteTopicYes: "Delete topic", reply: "Reply", cancelReply: "Do not reply to that message", replyTo: "In reply to", gone: "a message that is gone",
  messages: (n) => `Messages with ${n}`, unknownMedia: "File", keyboard: "Quick replies",
  remains: "What remains on this phone", remainsIntro: (n) => `If somebody takes ${n}'s phone now, they see this:`, inList: "In the chat list",
  inChat: (n) => n === 1 ? "In the chat: 1 message" : `In the chat: ${n} messages`, nothing: "Nothing: the chat is empty.",
  remainsLimits: "Notifications already shown, screenshots and calls are not counted.",
  buttons: (n) => n === 1 ? "1 button" : `${n} buttons`, blockedMark: "blocked",
  clock: "Clock", serverClock: "Server time", onTime: "Real time", ahead: (x) => `${x} ahead`, advanceBy: (x) => `Advance ${x}`,
  calls: "Bot calls", noCalls: "No calls yet.", hidePolls: "Without getUpdates", onlyProblems: "Only problems", clean: "No problems",
  problems: (n) => n === 1 ? "1 problem" : `${n} problems`, params: "Parameters", result: "Answer", struck: (x) => `Fault on purpose: ${x}`,
  forum_topic_created: "A topic was opened", forum_topic_edited: "The topic got another name", forum_topic_closed: "The topic was closed",
  forum_topic_reopened: "The topic was reopened", pinned_message: "A message was pinned",
  faults: "Faults on purpose", faultMethod: "Method (* allowed)", faultKind: "Fault", faultTimes: "Times (empty: always)",
  "429": "429: wait", "5xx": "502: server fails", timeout: "Hangs, then cuts", slow: "Answers late",
  cut_before: "Cut before doing it", cut_after: "Cut after doing it", duplicate_update: "Repeated update", topics_ignored: "Topic silently ignored", cut_download: "File cut in half", faultWait: "Seconds of waiting", addFault: "Add fault",
  clearFaults: "Remove all", noFaults: "No fault is active.", timesLeft: (n) => `${n} left`, always: "always",
  person: "This person", reset: "Erase all and start over", resetSure: "All people, chats and calls of the demo are erased. Go on?",
  resetYes: "Erase all", clearYes: "Clear", demoNote: "Everything happens on this computer. No message goes to Telegram.",
  offline: "The local server does not answer. Trying again…", failed: (x) => `It did not work: ${x}`, tooLong: "A message holds 4096 characters.",
};

export const languages = { es, en };
let current = "es";

export function useLanguage(code) {
  current = languages[code] ? code : "es";
  document.documentElement.lang = current;
}

export const language = () => current;

export function t(key, value) {
  const word = languages[current][key];
  if (word === undefined) throw new Error(`no word for ${key}`);
  return typeof word === "function" ? word(value) : word;
}

/** A word when there is one, else the name itself, readable: for names that come from the server, like those of service messages. */
export const named = (name) => (typeof languages[current][name] === "string" ? languages[current][name] : name.replaceAll("_", " "));

/** Languages a Telegram client may announce; the bot decides what it can do with them. */
export const clientLanguages = [
  ["es", "Español"], ["en", "English"], ["pt", "Português"], ["fr", "Français"], ["ht", "Kreyòl ayisyen"], ["de", "Deutsch"],
];
