// The pages work without this file; it only spares a person a reload.
"use strict";

// Copy: hidden where there is no script.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

async function fetched(url, options) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (response.redirected) {
    location.assign(response.url);
  }
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Check connection: the answer comes without a reload, so that the token stays in its field.
async function stay(button) {
  const messages = document.getElementById("messages");
  const entries = new URLSearchParams(new FormData(button.form, button));
  button.disabled = true;
  messages.replaceChildren();
  try {
    const page = await fetched(button.form.getAttribute("action"), { method: "POST", body: entries });
    messages.replaceChildren(...page.getElementById("messages").childNodes);
  } catch {
    messages.innerHTML = '<p class="message bad" role="alert">This page got no answer. Try again.</p>';
  }
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.type === "submit" && event.detail > 1) {
    event.preventDefault(); // the second click of two: what it would ask for is under way
  } else if (button?.dataset.copy) {
    copy(button);
  } else if (button?.hasAttribute("data-stay")) {
    event.preventDefault();
    stay(button);
  }
});

// Match: a changed selection has to be confirmed again before Next step.
document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-selects")) {
    document.getElementById("next").disabled = true;
    document.getElementById("match")?.remove();
  }
});

// Settings: what became of a pending request shows by itself.
const watched = document.querySelector("[data-watch]");
if (watched) {
  const before = watched.textContent.replace(/\s+/g, " ");
  const timer = setInterval(async () => {
    try {
      const found = (await fetched(location.pathname)).querySelector("[data-watch]");
      if (found?.textContent.replace(/\s+/g, " ") !== before) {
        clearInterval(timer);
        location.replace(location.pathname);
      }
    } catch {
      // No answer this time; the next one may come.
    }
  }, 3000);
}
