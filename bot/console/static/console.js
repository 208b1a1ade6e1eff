// What the pages do beyond HTML: news without a reload, the reader's clock, the keyboard.
(() => {
  "use strict";

  // The reader's clock: the server writes times for it from the next page on.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && /^[A-Za-z0-9_+\-/]+$/.test(zone)) {
    document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=strict`;
  }

  // News: the stream only says that there is some; the regions of the page ask for themselves.
  // A hidden page lets go of its stream, because a browser keeps but six of them open.
  const address = document.body.dataset.live;
  if (address) {
    let source = null;
    let known = "";
    const open = () => {
      if (source || document.hidden) return;
      const url = new URL(address, location.href);
      if (known) url.searchParams.set("since", known);
      source = new EventSource(url);
      source.addEventListener("changed", (event) => {
        known = event.lastEventId;
        htmx.trigger(document.body, "news");
      });
      source.addEventListener("ended", () => {
        close();
        document.getElementById("signed-out").hidden = false;
      });
    };
    const close = () => {
      if (source) source.close();
      source = null;
    };
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    addEventListener("pagehide", close);
    addEventListener("pageshow", open);
    open();
  }

  // A region that cannot be asked for because the session ended says so.
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) document.getElementById("signed-out").hidden = false;
  });

  // A session lasts while somebody is at the page, not while a page is open.
  let told = Date.now();
  const here = () => {
    if (Date.now() - told < 60000) return;
    told = Date.now();
    fetch("/console/here", { credentials: "same-origin" }).catch(() => {});
  };
  for (const kind of ["keydown", "pointerdown", "scroll"]) {
    addEventListener(kind, here, { passive: true });
  }

  // What was done is said once: a page that is loaded again, or kept, does not say it again.
  const plain = new URL(location.href);
  if (plain.searchParams.has("done")) {
    plain.searchParams.delete("done");
    history.replaceState(null, "", plain);
  }

  // What is wrong is read first.
  const problems = document.getElementById("problems");
  if (problems) problems.focus();

  // "/" looks for something, as long as nobody is typing.
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const find = document.getElementById("find");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && find) {
      event.preventDefault();
      find.focus();
    }
  });

  // A form is sent once, however often its button is pressed.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
})();
