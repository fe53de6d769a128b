// What htmx does not do by itself: the tick that polls hang on, errors one can act on, the end of a session.
(() => {
  "use strict";
  const TICK = 15_000;
  const SILENT_FAILURES = 1; // one lost poll is no news
  const failures = new Map(); // address of a poll → how often it failed in a row: one that works says nothing about the others
  let ended = false;
  let ticked = Date.now();

  // Polls: hx-trigger="sluice:tick from:body". No tick while nobody looks; one at once when somebody looks again.
  const tick = () => {
    if (ended || document.hidden || Date.now() - ticked < TICK) return;
    ticked = Date.now();
    document.body.dispatchEvent(new CustomEvent("sluice:tick"));
  };
  setInterval(tick, 1_000);
  document.addEventListener("visibilitychange", tick);

  const isPoll = (detail) => detail.requestConfig?.triggeringEvent?.type === "sluice:tick";
  const addressOf = (detail) => detail.requestConfig.path.split("?")[0];
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    // The header keeps a forgotten tab from keeping the session alive.
    if (detail.triggeringEvent?.type === "sluice:tick") detail.headers["X-Sluice-Poll"] = "1";
    if (detail.verb !== "get") return;
    for (const name of [...detail.formData.keys()]) if (detail.formData.getAll(name).every((value) => value === "")) detail.formData.delete(name);
  });

  // Error answers that were drawn for the place they are asked from are shown there.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.xhr.getResponseHeader("X-Sluice-Fragment")) return;
    detail.shouldSwap = true;
    detail.isError = false;
  });

  const fromTemplate = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
  const say = (place, what) => place.replaceChildren(...(what ? [what] : []));
  const live = () => document.getElementById("live");

  const sessionEnded = () => {
    ended = true;
    const word = fromTemplate("session-ended");
    const link = word.querySelector("a");
    link.href += `?next=${encodeURIComponent(location.pathname + location.search)}`;
    say(live(), word);
  };

  const pollFailed = (address) => {
    failures.set(address, (failures.get(address) ?? 0) + 1);
    if (failures.get(address) > SILENT_FAILURES) say(live(), fromTemplate("poll-failed"));
  };

  const sentences = {
    "htmx:timeout": "The server did not answer in time.",
    "htmx:sendError": "The server cannot be reached.",
    403: "You may not do this.",
    404: "This is no longer there.",
    413: "This is more than is taken at once.",
    429: "Too many requests at once. Wait a moment.",
    503: "The service is not available at the moment.",
  };
  const kept = {
    get: "What you see below is as it was.",
    413: "Nothing was saved: shorten what you typed and send it again.",
    other: "It is not certain whether this was saved: reload to see how things stand.",
  };

  const again = ({ elt, target, requestConfig }) => () => {
    target.querySelector(":scope > .failure")?.remove();
    htmx.trigger(elt, requestConfig.triggeringEvent?.type ?? "load");
  };

  const failed = (event) => {
    const { detail } = event;
    if (detail.xhr.status === 401) return sessionEnded();
    if (isPoll(detail)) return pollFailed(addressOf(detail));
    const reads = detail.requestConfig.verb === "get";
    const word = fromTemplate("failure");
    word.querySelector("[data-what]").textContent = sentences[event.type] || sentences[detail.xhr.status] || "The server made a mistake.";
    word.querySelector("[data-kept]").textContent = reads ? kept.get : kept[detail.xhr.status] || kept.other;
    const reference = detail.xhr.getResponseHeader("X-Request-ID");
    word.querySelector(".reference").textContent = reference ? `Reference ${reference}` : "";
    const button = word.querySelector("button");
    button.textContent = reads ? "Try again" : "Reload";
    button.addEventListener("click", reads ? again(detail) : () => location.reload());
    detail.target.querySelector(":scope > .failure")?.remove();
    detail.target.prepend(word);
    word.scrollIntoView({ block: "nearest" });
    button.focus();
    return undefined;
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful || !isPoll(detail)) return;
    failures.delete(addressOf(detail));
    const working = [...failures.values()].every((times) => times <= SILENT_FAILURES);
    if (working && live().firstElementChild?.matches(".poll-failed")) say(live(), null);
  });
})();
