// Keeps an open page up to date: fetches it again, swaps the parts that changed, says aloud what the new state is.
// Everything works without it; a reload shows the same.
"use strict";

(() => {
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  let seconds = Number(main.dataset.live);
  if (!seconds) {
    return;
  }

  let misses = 0;

  // Whoever is inside a part (typing a reason, tabbing through links) is not to be thrown out of it.
  const focusedLink = (part) => {
    const active = document.activeElement;
    return part.contains(active) && active.matches("a[href]") ? active.getAttribute("href") : null;
  };

  const isChanged = (box) => box.matches("select")
    ? box.selectedIndex !== Math.max(0, [...box.options].findIndex((option) => option.defaultSelected))
    : box.value !== box.defaultValue;

  const isTyping = (part) => {
    const boxes = [...part.querySelectorAll("textarea, input:not([type=hidden]), select")];
    return boxes.some(isChanged)
      || (part.contains(document.activeElement) && document.activeElement.matches("textarea, input, select"));
  };

  // What somebody has opened stays open: by its id where the list may change, else by its place.
  const keepOpen = (part, put) => {
    const there = put.querySelectorAll("details");
    [...part.querySelectorAll("details")].forEach((details, place) => {
      if (details.open) {
        (details.id ? put.querySelector(`#${CSS.escape(details.id)}`) : there[place])?.setAttribute("open", "");
      }
    });
  };

  const swap = (fresh) => {
    const before = document.querySelector("[data-say]")?.dataset.say;
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!next || next.outerHTML === part.outerHTML || isTyping(part)) {
        continue;
      }

      const link = focusedLink(part);
      if (!link && part.contains(document.activeElement)) {
        continue;
      }

      const put = document.importNode(next, true);
      keepOpen(part, put);
      part.replaceWith(put);
      if (link) {
        put.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus({ preventScroll: true });
      }
    }

    const after = document.querySelector("[data-say]")?.dataset.say;
    if (after && after !== before) {
      live.textContent = after;
    }

    seconds = Number(fresh.getElementById("main")?.dataset.live ?? 0);
  };

  const look = async () => {
    if (document.hidden) {
      return;
    }

    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store", credentials: "same-origin" });
      if (new URL(answer.url).pathname === "/ops/sign-in") {
        seconds = 0;
        live.textContent = "You are signed out. Reload the page to sign in again.";
        live.classList.add("shown");
        return;
      }

      if (answer.ok) {
        swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
        misses = 0;
        live.classList.remove("shown");
        return;
      }

      misses++;
    } catch {
      misses++;
    }

    if (misses === 3) {
      live.textContent = "The portal does not answer; this page may be out of date.";
      live.classList.add("shown");
    }
  };

  const next = () => {
    if (seconds) {
      // After a failure ever less often: a portal that comes up again is not to be met by a storm.
      setTimeout(() => look().finally(next), seconds * 1000 * Math.min(8, 1 + misses));
    }
  };

  next();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && seconds) {
      look();
    }
  });
})();
