"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = document.querySelector(".find");
  const items = all(".item");
  const texts = new Map();
  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const fits = (item, name, wanted) => {
    const own = item.dataset[name];
    if (!wanted || own === undefined) return true;
    return own.split(" ").some((value) => value === wanted || (name === "side" && value === "both"));
  };
  const show = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      const shown = ["change", "verdict", "side", "profile", "requirement"].every((name) => fits(item, name, wanted[name]))
        && words.every((word) => textOf(item).includes(word));
      item.hidden = !shown;
      count += shown;
    }
    for (const table of all("table:has(.item)")) table.hidden = !table.querySelector(".item:not([hidden])");
    document.querySelector("#shown").textContent = `${count} of ${items.length} entries`;
    const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();
    const place = `${location.pathname}${query && "?"}${query}${location.hash}`;
    try { history.replaceState(null, "", place); } catch { /* a page of a file may not */ }
  };
  const reveal = () => {
    let target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) { form.reset(); show(); }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    const inside = target.querySelector(":scope > td > details");
    if (inside) inside.open = true;
    target.scrollIntoView({ block: target.matches(".exchange") ? "center" : "start" });
  };
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  };
  for (const button of all(".copy")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  let current = null;
  const go = (by) => {
    const cards = all("article.item:not([hidden])");
    if (!cards.length) return;
    const at = cards.indexOf(current);
    current = cards[Math.min(Math.max(at + by, 0), cards.length - 1)];
    current.focus({ preventScroll: true });
    current.scrollIntoView();
  };
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && writing) writing.blur();
    if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
    const card = event.target.closest("article") || current;
    const keys = {
      "/": () => form.q.focus(),
      j: () => go(1),
      k: () => go(-1),
      o: () => {
        for (const decisive of all(".exchanges > .decisive", card || undefined).slice(0, 2)) decisive.open = !decisive.open;
      },
      c: () => card && card.querySelector(".copy") && copy(card.querySelector(".copy")),
    };
    if (keys[event.key] && form) { event.preventDefault(); keys[event.key](); }
  });
  if (form) {
    form.hidden = false;
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(show));
    show();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
