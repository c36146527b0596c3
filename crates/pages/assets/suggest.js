// What a half-typed search may become, below the field of the search. Without this file the field is a form as any other.

const API = "/api/v1/shopping/search/autocomplete";
const PAUSE = 120; // ms without a key before the shop is asked
const SIZE = 5;

const field = document.querySelector("form.search input[name=q]");
if (field) suggest(field);

function suggest(field) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.label);
  field.form.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    field.setAttribute(name, value);
  }

  let typed = field.value;
  let waiting;
  let asking;
  let chosen = -1;

  const close = () => {
    clearTimeout(waiting);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const option = ({ text, kind, href }, at) => {
    const item = document.createElement("li");
    item.id = `suggestion-${at}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.href = href;
    item.append(text);
    if (kind) {
      const small = document.createElement("small");
      small.append(kind);
      item.append(" ", small);
    }
    return item;
  };

  const show = (suggestions) => {
    if (suggestions.length === 0 || document.activeElement !== field) return close();
    list.replaceChildren(...suggestions.map(option));
    list.hidden = false;
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-expanded", "true");
  };

  const search = (words) => ({ text: words, href: `/search?q=${encodeURIComponent(words)}` });

  const asked = async (path) => {
    asking?.abort();
    asking = new AbortController();
    const response = await fetch(path, { signal: asking.signal, headers: { accept: "application/json" } }).catch(() => null);
    return response?.ok ? response.json().catch(() => null) : null;
  };

  const look = async () => {
    const words = field.value.trim();
    if (words === "") {
      const found = await asked("/search/recent");
      return found && field.value.trim() === "" ? show(found.recent.map(search)) : undefined;
    }
    const found = await asked(`${API}?keyword=${encodeURIComponent(words)}&size=${SIZE}`);
    // an answer about what was typed before is of no use
    if (!found || field.value.trim() !== words) return;
    const { keywords, categories, products } = found.data;
    show([
      ...keywords.map(search),
      ...categories.map(({ id, path }) => ({ text: path, kind: field.dataset.category, href: `/products?category=${id}` })),
      ...products.map(({ id, name }) => ({ text: name, kind: field.dataset.product, href: `/products/${id}` })),
    ]);
  };

  const choose = (at) => {
    const items = list.children;
    chosen = (at + items.length + 1) % (items.length + 1);
    for (const [n, item] of [...items].entries()) item.setAttribute("aria-selected", String(n === chosen));
    const item = items[chosen];
    if (item) {
      field.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  field.addEventListener("input", () => {
    if (field.value === typed) return;
    typed = field.value;
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  field.addEventListener("focus", () => {
    if (field.value.trim() === "") look();
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    // a key that finishes a Korean syllable chooses nothing
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? list.children.length - 1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0 && chosen < list.children.length) location.assign(list.children[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
  // before the field loses its focus
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) location.assign(item.dataset.href);
  });
}
