"use strict";
(() => {
  const bar = document.querySelector(".filter");
  const rows = [...document.querySelectorAll(".requirements tbody tr")];
  const shown = document.querySelector("#shown");
  const show = (verdict) => {
    for (const row of rows) row.hidden = verdict !== "" && row.dataset.verdict !== verdict;
    for (const table of document.querySelectorAll(".requirements")) {
      table.hidden = !table.querySelector("tbody tr:not([hidden])");
    }
    for (const button of bar.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === verdict));
    }
    shown.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  if (bar) {
    bar.hidden = false;
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) show(button.value);
    });
    show("");
  }
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) show("");
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    const inside = target.querySelector(":scope > td > details");
    if (inside) inside.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => {
    for (const closed of document.querySelectorAll("details:not([open])")) closed.open = true;
  });
})();
