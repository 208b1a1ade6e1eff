// Links that belong to a phone here: an invitation to the bot, or a chat with the organisation.

let opener = () => false;

export function openWith(open) {
  opener = open;
}

export function followed(text) {
  const link = read(text);
  return link !== null && opener(link);
}

// What a link opens: the phone it is for, and the words or the payload that it brings.
export function read(text) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const host = url.hostname.replace(/^www\./, "");
  if (["t.me", "telegram.me", "telegram.dog"].includes(host)) {
    return { channel: "telegram", to: url.pathname.slice(1), payload: url.searchParams.get("start") || "" };
  }
  if (url.protocol === "tg:") {
    return { channel: "telegram", to: url.searchParams.get("domain") || "", payload: url.searchParams.get("start") || "" };
  }
  if (["wa.me", "api.whatsapp.com"].includes(host)) {
    const to = url.searchParams.get("phone") || url.pathname.slice(1);
    return { channel: "whatsapp", to: to.replace(/\D/g, ""), text: url.searchParams.get("text") || "" };
  }
  if (["sms:", "smsto:"].includes(url.protocol)) {
    const body = /[?&]body=([^&]*)/.exec(text);
    return { channel: "sms", to: url.pathname.replace(/[^\d+]/g, ""), text: body ? decodeURIComponent(body[1]) : "" };
  }
  return null;
}
