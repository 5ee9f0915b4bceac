// Keeps a page up to date while a run goes on, and shows nothing that was revealed once somebody has left it. Without it everything
// works: a page is loaded again by hand.
"use strict";
(() => {
  const live = document.querySelector("[data-live]");
  let tag = "";
  const ask = async () => {
    try {
      const answer = await fetch(live.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, redirect: "manual" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        live.innerHTML = await answer.text();
      } else if (answer.status === 410 || answer.status === 401) {
        location.reload(); // it has ended, or nobody is signed in any more
        return;
      }
    } catch (away) {
      // the next time, perhaps
    }
    setTimeout(ask, document.hidden ? 30000 : 2000);
  };
  if (live) setTimeout(ask, 2000);
  addEventListener("pagehide", () => {
    for (const shown of document.querySelectorAll("[data-revealed]")) shown.textContent = "";
  });
})();
