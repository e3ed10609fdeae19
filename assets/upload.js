/* Files go to the server as a stream, with a progress bar; the page's callbacks see only an id. */
(function () {
  "use strict";

  const STORE = "explore-upload-store";
  const ZONE = "explore-upload-zone";
  const BAR = "explore-upload-progress";
  const MESSAGE = "explore-upload-message";
  const MIB = 1024 * 1024;

  let running = null;

  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.id = "explore-upload-file";
  chooser.hidden = true;

  function set(id, props) {
    window.dash_clientside.set_props(id, props);
  }

  function say(text) {
    set(MESSAGE, { children: text });
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

  function send(file) {
    const zone = document.getElementById(ZONE);
    const limit = Number(zone.getAttribute("data-max-mib"));
    if (running) running.abort();
    if (file.size > limit * MIB) {
      say(`${file.name}: larger than ${limit} MiB.`);
      return;
    }
    say("");
    const request = new XMLHttpRequest();
    running = request;
    request.open("POST", "/uploads?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) set(BAR, { value: (100 * event.loaded) / event.total });
    };
    request.onload = () => {
      if (request.status !== 201) {
        say(`${file.name}: ${problem(request)}`);
        return;
      }
      const id = JSON.parse(request.responseText).upload_id;
      set(STORE, { data: { id: id, name: file.name } });
      window.pcdashPage.closeDrawer();
    };
    request.onerror = () => say(`${file.name}: ${problem(request)}`);
    request.onloadend = () => {
      running = null;
      document.documentElement.removeAttribute("data-uploading");
      set(BAR, { value: 0 });
    };
    document.documentElement.setAttribute("data-uploading", "");
    request.send(file);
  }

  chooser.addEventListener("change", () => {
    if (chooser.files.length) send(chooser.files[0]);
    chooser.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("#" + ZONE)) chooser.click();
  });

  /* A file may be dropped anywhere on the page; what it is shows in Explore. */
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
    window.location.hash = "#explore";
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });

  document.body.appendChild(chooser);
})();
