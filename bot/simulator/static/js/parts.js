// How many parts an SMS has, counted as the network counts them.

const GSM = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

export function parts(text) {
  const letters = [...text];
  const plain = letters.every((one) => GSM.has(one) || EXTENDED.has(one));
  const width = (one) => (plain ? (EXTENDED.has(one) ? 2 : 1) : one.length);
  const [alone, joined] = plain ? [160, 153] : [70, 67];
  const total = letters.reduce((sum, one) => sum + width(one), 0);
  if (total <= alone) return { count: 1, used: total, room: alone };
  let count = 1;
  let filled = 0;
  for (const one of letters) {
    if (filled + width(one) > joined) {
      count += 1;
      filled = 0;
    }
    filled += width(one);
  }
  return { count, used: total, room: joined * count };
}
