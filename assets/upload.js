/* Files go to the server as a stream, with a progress bar; the page's callbacks see only an id. */
(function () {
  "use strict";

  const MIB = 1024 * 1024;
  const TABS = ["explore", "data", "training"]; // with a place to drop files; ids begin with names
  const MOST_WAITING = 100;

  let running = null;
  const waiting = []; // files that are sent one after the other
  const sent = {}; // of a place that takes several: all that were sent so far

  function part(tab, noun) {
    return `${tab}-upload-${noun}`;
  }

  function set(id, props) {
    window.dash_clientside.set_props(id, props);
  }

  function say(tab, text) {
    set(part(tab, "message"), { children: text });
    if (!text) return;
    set("shell-message-toast", { children: text, icon: "danger", is_open: true });
  }

  function problem(request) {
    try {
      return JSON.parse(request.responseText).detail;
    } catch {
      return request.status ? "The server refused the file." : "The server does not answer.";
    }
  }

  function takesSeveral(tab) {
    return document.getElementById(part(tab, "zone")).hasAttribute("data-several");
  }

  /* Send files: the first, in place of what is under way; or all, where several are taken. */
  function sendAll(tab, files) {
    say(tab, "");
    if (!takesSeveral(tab)) {
      waiting.length = 0;
      if (running) running.abort();
      send(tab, files[0]);
      return;
    }
    waiting.push(...Array.from(files, (file) => [tab, file]).slice(0, MOST_WAITING));
    if (!running) sendNext();
  }

  function sendNext() {
    while (!running && waiting.length) send(...waiting.shift());
  }

  function received(tab, upload) {
    if (!takesSeveral(tab)) return upload;
    sent[tab] = [...(sent[tab] || []), upload];
    return { files: sent[tab] };
  }

  function send(tab, file) {
    const zone = document.getElementById(part(tab, "zone"));
    const limit = Number(zone.getAttribute("data-max-mib"));
    if (file.size > limit * MIB) {
      say(tab, `${file.name}: larger than ${limit} MiB. ${zone.getAttribute("data-too-large") || ""}`);
      return;
    }
    const request = new XMLHttpRequest();
    running = request;
    request.open("POST", "/uploads?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) {
        set(part(tab, "progress"), { value: (100 * event.loaded) / event.total });
      }
    };
    request.onload = () => {
      if (request.status !== 201) {
        say(tab, `${file.name}: ${problem(request)}`);
        return;
      }
      const id = JSON.parse(request.responseText).upload_id;
      set(part(tab, "store"), { data: received(tab, { id: id, name: file.name }) });
      window.pcdashPage.closeDrawer();
    };
    request.onerror = () => say(tab, `${file.name}: ${problem(request)}`);
    request.onloadend = () => {
      if (running !== request) return; // another one has taken its place
      running = null;
      document.documentElement.removeAttribute("data-uploading");
      set(part(tab, "progress"), { value: 0 });
      sendNext();
    };
    document.documentElement.setAttribute("data-uploading", "");
    request.send(file);
  }

  for (const tab of TABS) {
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.id = part(tab, "file");
    chooser.hidden = true;
    chooser.addEventListener("change", () => {
      if (chooser.files.length) sendAll(tab, Array.from(chooser.files));
      chooser.value = ""; // so that the same file can be chosen again
    });
    document.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      const zone = event.target.closest("#" + part(tab, "zone"));
      if (!zone) return;
      chooser.multiple = zone.hasAttribute("data-several");
      chooser.accept = zone.getAttribute("data-accept") === ".zip" ? ".zip" : "";
      chooser.click();
    });
    document.body.appendChild(chooser);
  }

  /* A file may be dropped anywhere on the page: a zip is a dataset, anything else one object, or
     one of several scans where a place for them is in sight. */
  function tabFor(file) {
    const several = document.querySelector(".drop-zone[data-several]");
    const shown = several && several.offsetParent !== null;
    if (shown && !file.name.toLowerCase().endsWith(".zip")) return tabOfZone(several);
    return file.name.toLowerCase().endsWith(".zip") ? "data" : "explore";
  }
  function tabOfZone(zone) {
    return TABS.find((tab) => zone.id === part(tab, "zone"));
  }
  function hasFiles(event) {
    return event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  }
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.documentElement.setAttribute("data-dragging", "");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.documentElement.removeAttribute("data-dragging");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.documentElement.removeAttribute("data-dragging");
    if (!event.dataTransfer.files.length) return;
    const files = Array.from(event.dataTransfer.files);
    const tab = tabFor(files[0]);
    if (!takesSeveral(tab)) window.location.hash = "#" + tab;
    sendAll(tab, files);
  });
})();
