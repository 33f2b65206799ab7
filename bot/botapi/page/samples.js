// Small true files made on the spot, so that a person can send a voice note, a photo or a paper without owning one.

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let value = n << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value & 0x80000000 ? 0x04c11db7 : 0);
  return value >>> 0;
});

const checksum = (bytes) => bytes.reduce((crc, byte) => ((crc << 8) ^ crcTable[((crc >>> 24) ^ byte) & 0xff]) >>> 0, 0);
const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));
const little = (value, width) => Array.from({ length: width }, (_, n) => Math.floor(value / 256 ** n) & 0xff);

/** One Ogg page (RFC 3533). `flags`: 2 first, 4 last. `samples`: position at 48 kHz. Packets here are always below 255 bytes. */
function oggPage(number, flags, samples, packets) {
  const head = [...ascii("OggS"), 0, flags, ...little(samples, 8), ...little(0x416d7061, 4), ...little(number, 4)];
  const tail = [packets.length, ...packets.map((packet) => packet.length), ...packets.flat()];
  const crc = checksum([...head, 0, 0, 0, 0, ...tail]);
  return [...head, ...little(crc, 4), ...tail];
}

/** Seconds (1 to 5) of silence as Opus in Ogg (RFC 7845), the form of Telegram's voice notes. */
export function voice(seconds = 2) {
  const head = [...ascii("OpusHead"), 1, 1, ...little(312, 2), ...little(48000, 4), 0, 0, 0];
  const tags = [...ascii("OpusTags"), ...little(6, 4), ...ascii("amparo"), ...little(0, 4)];
  const silence = Array.from({ length: seconds * 50 }, () => [0xf8, 0xff, 0xfe]);
  const bytes = [...oggPage(0, 2, 0, [head]), ...oggPage(1, 0, 0, [tags]), ...oggPage(2, 4, 312 + seconds * 48000, silence)];
  return new File([new Uint8Array(bytes)], "voice.ogg", { type: "audio/ogg" });
}

export async function photo() {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 420;
  const paint = canvas.getContext("2d");
  const sky = paint.createLinearGradient(0, 0, 0, 420);
  sky.addColorStop(0, "#f3d9b1");
  sky.addColorStop(1, "#9cc5bd");
  fill(paint, sky, [[0, 0], [640, 0], [640, 420], [0, 420]]);
  fill(paint, "#5b8f86", [[0, 300], [170, 150], [330, 290], [460, 190], [640, 310], [640, 420], [0, 420]]);
  fill(paint, "#2f6357", [[0, 370], [240, 290], [470, 360], [640, 320], [640, 420], [0, 420]]);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

function fill(paint, colour, corners) {
  paint.fillStyle = colour;
  paint.beginPath();
  corners.forEach(([x, y]) => paint.lineTo(x, y));
  paint.fill();
}

export const paper = () => new File(["Documento de muestra de la demo.\nSample document of the demo.\n"], "muestra.txt", { type: "text/plain" });

/** Centre of Mexico City: a place everybody knows and nobody lives in. */
export const place = { latitude: 19.4326, longitude: -99.1332 };

/** A number that cannot exist, so that no sample ever rings anywhere. */
export const number = "+520000000000";

export function kindOf(file) {
  if (file.type.startsWith("image/") && file.type !== "image/svg+xml") return "photo";
  if (file.type.startsWith("video/")) return "video";
  if (file.type === "audio/ogg") return "voice";
  return "document";
}
