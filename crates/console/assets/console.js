// What the console does more when scripts run. Every page works without this file.

const typing = (place) => place?.closest?.("input, textarea, select, [contenteditable]");

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

// Parts of a page that come by themselves, so that no page waits for a statistic. Without scripts they are links.
for (const part of document.querySelectorAll("[data-load]")) {
  fetch(part.dataset.load, { headers: { accept: "text/html" } })
    .then(async (response) => {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const found = page.querySelectorAll("main > section");
      if (response.ok && found.length > 0) part.replaceChildren(...found);
    })
    .catch(() => {});
}
