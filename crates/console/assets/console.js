// What the console does more when scripts run. Every page works without this file.

const typing = (place) => place?.closest?.("input, textarea, select, [contenteditable]");
const page = async (address) => {
  const response = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
  return response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
};
const isSeen = () => document.visibilityState === "visible";

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (wanted) {
    event.preventDefault();
    wanted.focus();
    wanted.select?.();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  }
});

// On a phone the parts of the console are one line that is scrolled: where one is stays in sight.
document.querySelector(".parts [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Parts of a page that come by themselves, so that no page waits for a statistic. Without scripts they are links.
async function load(part) {
  const found = (await page(part.dataset.load))?.querySelectorAll("main > section");
  // somebody who is reading inside of it with the keyboard must not lose the place
  const reads = part !== document.activeElement && part.contains(document.activeElement);
  if (found?.length > 0 && !reads) part.replaceChildren(...found);
}
const parts = document.querySelectorAll("[data-load]");
for (const part of parts) {
  load(part);
  setInterval(() => isSeen() && load(part), 1000 * Number(part.dataset.every));
}

// Blocks of a page that follow what happens: all of them are taken from the same page, asked for again.
const seconds = [...document.querySelectorAll("[data-renew]")].map((block) => Number(block.dataset.renew));
if (seconds.length > 0) {
  setInterval(async () => {
    const blocks = document.querySelectorAll("[data-renew]");
    if (!isSeen() || [...blocks].some((block) => block.contains(document.activeElement))) return;
    const found = (await page(location.href))?.querySelectorAll("[data-renew]");
    if (!found) return;
    // another page by now; somebody who is filling in a form of this one must not lose what was typed
    if (found.length !== blocks.length) return document.activeElement?.closest("main form") ? undefined : location.reload();
    blocks.forEach((block, n) => block.replaceWith(found[n]));
  }, 1000 * Math.min(...seconds));
}

// What happens to the orders of the shop, newest first.
const FEED_MAX = 12;
const FOLLOW_MS = 2000;
const feed = document.querySelector("[data-feed]");
if (feed) {
  const { currency, digits } = feed.dataset;
  const lang = document.documentElement.lang;
  const money = new Intl.NumberFormat(lang, { style: "currency", currency });
  const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });
  const words = (event) => feed.dataset[event.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())];
  let source;
  let following;
  const happened = (event) => {
    const { orderNumber, totalAmount, amount } = JSON.parse(event.data);
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/console/orders/${encodeURIComponent(orderNumber)}`;
    link.textContent = orderNumber;
    const sum = totalAmount ?? amount;
    const shown = sum === undefined ? "" : ` · ${money.format(sum / 10 ** Number(digits))}`;
    line.append(`${clock.format(new Date())} `, link, ` ${words(event.type)}${shown}`);
    feed.querySelector("p").hidden = true;
    const lines = feed.querySelector("ol");
    lines.prepend(line);
    while (lines.children.length > FEED_MAX) lines.lastElementChild.remove();
    following ??= setTimeout(() => {
      following = undefined;
      for (const part of parts) if ("follows" in part.dataset) load(part);
    }, FOLLOW_MS);
  };
  // a browser has few connections to one host, so a page that is not shown closes its stream
  const follow = () => {
    source?.close();
    source = isSeen() ? new EventSource(feed.dataset.feed) : undefined;
    for (const name of ["order-created", "order-paid", "order-cancelled", "payment-failed", "delivery-updated"]) {
      source?.addEventListener(name, happened);
    }
  };
  addEventListener("visibilitychange", follow);
  follow();
}

// One box for all boxes of a table.
for (const every of document.querySelectorAll("[data-all]")) {
  every.hidden = false;
  const boxes = () => every.closest("table").querySelectorAll("td input[type=checkbox]");
  every.addEventListener("change", () => boxes().forEach((box) => (box.checked = every.checked)));
}
