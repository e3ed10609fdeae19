/* Files go to the server as a stream, with a progress bar; the page's callbacks see only an id. */
(function () {
  "use strict";

  const MIB = 1024 * 1024;
  const TABS = ["explore", "data"]; // those with a place to drop files; ids begin with their names

  let running = null;

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

  function send(tab, file) {
    const zone = document.getElementById(part(tab, "zone"));
    const limit = Number(zone.getAttribute("data-max-mib"));
    if (running) running.abort();
    if (file.size > limit * MIB) {
      say(tab, `${file.name}: larger than ${limit} MiB. ${zone.getAttribute("data-too-large") || ""}`);
      return;
    }
    say(tab, "");
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
      set(part(tab, "store"), { data: { id: id, name: file.name } });
      window.pcdashPage.closeDrawer();
    };
    request.onerror = () => say(tab, `${file.name}: ${problem(request)}`);
    request.onloadend = () => {
      running = null;
      document.documentElement.removeAttribute("data-uploading");
      set(part(tab, "progress"), { value: 0 });
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
      if (chooser.files.length) send(tab, chooser.files[0]);
      chooser.value = ""; // so that the same file can be chosen again
    });
    document.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      const zone = event.target.closest("#" + part(tab, "zone"));
      if (!zone) return;
      chooser.accept = zone.getAttribute("data-accept") === ".zip" ? ".zip" : "";
      chooser.click();
    });
    document.body.appendChild(chooser);
  }

  /* A file may be dropped anywhere on the page: a zip is a dataset, anything else one object. */
  function tabFor(file) {
    return file.name.toLowerCase().endsWith(".zip") ? "data" : "explore";
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
    const file = event.dataTransfer.files[0];
    const tab = tabFor(file);
    window.location.hash = "#" + tab;
    send(tab, file);
  });
})();
