// What a page does more when scripts run. Every page works without this file.

const lang = document.documentElement.lang;
const number = new Intl.NumberFormat(lang);
const say = (sentence, value) => sentence.replace("{}", value);
const address = () => location.pathname + location.search;
let shown = address();

// The number of things in the cart, the one part of every page that is the visitor's own.
async function count() {
  const place = document.querySelector("[data-cart-count]");
  if (!place) return;
  const response = await fetch("/me", { headers: { accept: "application/json" } }).catch(() => null);
  if (!response?.ok) return;
  const { cart } = await response.json();
  place.hidden = cart === 0;
  place.textContent = number.format(cart);
  place.setAttribute("aria-label", `${number.format(cart)} ${place.dataset.label}`);
}

function toast(text) {
  document.querySelector(".toast")?.remove();
  const note = document.createElement("p");
  note.className = "toast";
  note.setAttribute("role", "status");
  const link = document.createElement("a");
  link.href = "/cart";
  link.textContent = document.querySelector(".cart-link")?.firstChild?.textContent ?? "";
  note.append(text, link);
  document.body.append(note);
  setTimeout(() => note.remove(), 5000);
}

// Where the focus is in a page, so that it is found again in the page that is shown instead. Without it the keyboard begins at the top.
const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";
const named = (stop) => [stop.tagName, stop.getAttribute("href"), stop.name, stop.type === "radio" ? stop.value : "", stop.form?.getAttribute("action")].join();
const among = (stop, main) => [...main.querySelectorAll(STOPS)].filter((other) => named(other) === named(stop));

function refocus(stop, nth, main) {
  const again = among(stop, main)[nth];
  // what can be used no more gives way to what the page says
  const next = again && !again.disabled && again.checkVisibility() ? again : (main.querySelector("[role=alert], [role=status]") ?? main);
  if (next !== again) next.tabIndex = -1;
  next.focus({ preventScroll: next === again });
}

// Puts the content of another page of ours into this one.
async function show(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const [was, main, stop] = [document.querySelector("main"), page.querySelector("main"), document.activeElement];
  if (!main) return location.reload();
  const nth = was.contains(stop) ? among(stop, was).indexOf(stop) : -1;
  was.replaceWith(main);
  if (nth >= 0) refocus(stop, nth, main);
  document.title = page.title;
  const there = new URL(response.url);
  if (there.origin === location.origin && there.pathname + there.search !== shown) history.pushState(null, "", there);
  shown = address();
  begin();
}

// Forms that need no new page: `data-quiet` says its sentence, `data-swap` shows the page that the form leads to.
addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("quiet" in form.dataset || "swap" in form.dataset)) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const stop = document.activeElement;
  const buttons = form.querySelectorAll("button:enabled");
  buttons.forEach((button) => (button.disabled = true));
  const response = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } }).catch(() => null);
  buttons.forEach((button) => (button.disabled = false));
  // a button that was disabled has lost the focus, unless it was moved on meanwhile
  const isHere = [stop, document.body].includes(document.activeElement) && stop !== document.body;
  if (isHere) stop.focus({ preventScroll: true });
  if (!response) return form.submit();
  if (response.ok && "quiet" in form.dataset) toast(form.dataset.quiet);
  else await show(response);
  count();
});
// back to what stood here before; a link into the page itself, such as the one past the menus, changes nothing
addEventListener("popstate", () => address() !== shown && location.reload());

// Counts down to a time of the shop, whatever the clock of this machine says.
function countdown() {
  for (const time of document.querySelectorAll("time[data-ends]")) {
    time.opened ??= performance.now();
    const now = Number(time.dataset.now) + performance.now() - time.opened;
    const left = Math.max(0, Math.ceil((Number(time.dataset.ends) - now) / 1000));
    if (left === 0) {
      time.textContent = time.dataset.over;
      continue;
    }
    const two = (n) => String(n).padStart(2, "0");
    const days = Math.floor(left / 86400);
    const clock = `${two(Math.floor(left / 3600) % 24)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    time.textContent = days > 0 ? `${say(time.dataset.days, days)} ${clock}` : clock;
  }
}
setInterval(countdown, 1000);

// A stream that breaks comes back by itself. A browser has few connections to one host, so a page that is not shown closes its
// streams; only who waits in line goes on unseen.
const streams = new Map();
function stream(address, events, act) {
  if (streams.has(address)) return;
  const source = new EventSource(address);
  streams.set(address, source);
  for (const name of events) source.addEventListener(name, act);
}
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") return begin();
  for (const [address, source] of streams) {
    if (document.querySelector("[data-queue]")) continue;
    source.close();
    streams.delete(address);
  }
});

function stock() {
  for (const place of document.querySelectorAll("[data-stock]")) {
    const product = place.dataset.stock;
    stream(`/api/v1/shopping/inventory/stream?productIds=${product}`, ["inventory-update"], (event) => {
      const { available } = JSON.parse(event.data);
      const shown = document.querySelector(`[data-stock="${product}"]`);
      if (!shown) return;
      const few = available > 0 && available <= 10;
      shown.className = `stock ${available <= 0 ? "out-of-stock" : few ? "low-stock" : "in-stock"}`;
      const text = available <= 0 ? shown.dataset.none : few ? say(shown.dataset.few, number.format(available)) : shown.dataset.there;
      if (shown.textContent !== text) shown.textContent = text;
    });
  }
}

const ORDER_EVENTS = ["order-created", "order-confirmed", "payment-completed", "payment-failed", "order-paid", "order-cancelled", "delivery-updated", "return-updated"];
function orders() {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  let waiting;
  // the page of the order: this one may be what a refused form has led to
  const path = place.dataset.live.replace(/\/stream$/, "");
  stream(place.dataset.live, ORDER_EVENTS, () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      // somebody who is filling in a form must not lose what was typed
      if (document.activeElement?.closest("main form")) return;
      // what was done stays said, unless it is what changes now
      const said = location.pathname === path && !/done=(open|left|withdrawn)/.test(location.search) ? location.search : "";
      const response = await fetch(path + said, { headers: { accept: "text/html" } }).catch(() => null);
      if (response?.ok) await show(response);
    }, 400);
  });
}

function duration(seconds) {
  const unit = seconds < 60 ? "second" : seconds < 3600 ? "minute" : "hour";
  const value = Math.ceil(seconds / { second: 1, minute: 60, hour: 3600 }[unit]);
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

function queue() {
  const room = document.querySelector("[data-queue]");
  if (!room) return;
  stream(room.dataset.queue, ["queue-status"], (event) => {
    const status = JSON.parse(event.data);
    if (status.status !== "WAITING") {
      streams.get(room.dataset.queue)?.close();
      return location.reload();
    }
    const position = room.querySelector("[data-position]");
    if (!position) return status.position > 0 ? location.reload() : undefined;
    position.textContent = number.format(status.position);
    room.querySelector("[data-estimate]").textContent = say(room.dataset.wait, duration(status.estimatedWaitSeconds));
    room.querySelector("[data-waiting]").textContent = say(room.dataset.people, number.format(status.totalWaiting));
  });
}

// Typing a new address chooses it.
addEventListener("input", (event) => {
  const other = document.querySelector("[data-other]");
  if (other && event.target.matches?.("[name^=receiver], [name=zipCode], [name^=address]:not([type=radio])")) other.checked = true;
});

// The sums of the checkout follow what is chosen there. Without scripts a button counts them again, and so does the order itself.
let counting;
addEventListener("change", async (event) => {
  const form = event.target.closest?.("form[data-quote]");
  if (!form || !event.target.matches("[name=coupon], [name=points], [name=address], [name=zipCode]")) return;
  counting?.abort();
  counting = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  body.set("recount", "1");
  const response = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" }, signal: counting.signal }).catch(() => null);
  if (!response?.ok) return;
  const counted = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("form[data-quote]");
  if (!counted) return;
  for (const name of ["expected", "counted", "countedPoints"]) form.elements[name].value = counted.elements[name].value;
  form.querySelector("[data-sums]").replaceChildren(...counted.querySelector("[data-sums]").childNodes);
});

// The way to the payment window. A form may not lead to another site, a link may; who comes back with the browser's button has gone once.
function leave() {
  const link = document.querySelector("a[data-onward]");
  if (!link || history.state?.left) return;
  history.replaceState({ left: true }, "");
  location.assign(link.href);
}

function begin() {
  leave();
  countdown();
  stock();
  orders();
  queue();
}
begin();
count();
