/* What needs no server: tabs, the drawer, tools of the 3D view, picking from a list. */
(function () {
  "use strict";

  const SILENCE = 4000; // ms without a status, due every 3000, after which the server is asked
  const MOST_TEXT = 65536; // characters of a form's text that are kept for a reload
  const MESSAGE = 8000; // ms that the newest message stays
  const PATIENCE = 1500; // ms that it has to answer then
  const PATIENT_POLL = 5000; // ms between two questions about the status of a slow server
  const CAMERA = {
    eye: { x: 1.1, y: 1.1, z: 0.7 }, // as EYE in pcdash/figures/cloud.py
    center: { x: 0, y: 0, z: 0 },
    up: { x: 0, y: 0, z: 1 },
  };
  let heardAt = Date.now();
  let leaving = null; // timer of the message that is shown
  let asking = false;
  let recalled = false; // whether the kept text of the form is of no interest any more
  let homeSearch = ""; // what is on view in Explore, for the way back from another page

  function tabOf(id) {
    return id.split("-")[0];
  }

  /* What the address names: its hash up to a question mark. */
  function named(hash) {
    return (hash || "").replace("#", "").split("?")[0];
  }

  /* What the address asks the form for: its hash from a question mark on. */
  function asked(hash) {
    return named(hash) === "training" ? (hash || "").split("?")[1] || "" : "";
  }

  /* The section of the page whose path this is; null for the tabs' own. */
  function pageAt(path) {
    const pages = document.querySelectorAll("[data-place]");
    return Array.from(pages).find((page) => path.startsWith(page.dataset.place)) || null;
  }

  /* Go to a tab from another page, without loading anything anew. */
  function goHome(hash) {
    const home = document.querySelector("[data-home]").dataset.home;
    window.history.pushState({}, "", home + homeSearch + hash);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); // as dcc.Link does
    window.scrollTo(0, 0);
  }

  /* Mark the one of several pictures that was picked; they are not drawn anew for it. */
  function mark(pick) {
    if (!pick.matches(".thumbnail, .only-buttons > *")) return;
    for (const other of pick.parentElement.children) other.classList.toggle("picked", other === pick);
  }

  const clientside = {
    /* Show the page that the path names; else the tab that the hash names, or the first one. */
    showTab(hash, path, search) {
      const outputs = window.dash_clientside.callback_context.outputs_list;
      const names = outputs.map((output) => tabOf(output.id));
      const page = pageAt(path || "");
      const wanted = named(hash);
      const shown = page ? tabOf(page.id) : names.includes(wanted) ? wanted : names[0];
      const marked = page ? page.dataset.under : shown;
      if (!page) homeSearch = search || "";
      closeDrawer();
      return outputs.map(({ id, property }) => {
        if (property === "hidden") return tabOf(id) !== shown;
        return tabOf(id) === marked ? "tab-link active" : "tab-link";
      });
    },

    /* Whether a tab has ever been shown. */
    opened(hidden, before) {
      return hidden || before ? window.dash_clientside.no_update : true;
    },

    /* What the gallery shall show: a cell of the matrix, what was selected, or all mistakes. */
    chooseClouds(click, selected) {
      const { triggered, inputs_list } = window.dash_clientside.callback_context;
      const { no_update } = window.dash_clientside;
      const by = triggered.length ? triggered[0].prop_id.split(".")[0] : "";
      const cell = click && click.points && click.points[0];
      if (by === inputs_list[0].id && cell) return [`cell ${cell.y} ${cell.x}`, null];
      if (by === inputs_list[1].id) {
        if (!selected || !(selected.points || []).length) return [no_update, no_update];
        return ["rows " + selected.points.map((point) => point.customdata).join(","), no_update];
      }
      return by === inputs_list[2].id ? ["mistakes", no_update] : [no_update, no_update];
    },

    /* Tick a version that is to be compared, or take its tick away; an empty one: all of them. */
    toggle(version, chosen) {
      const { no_update } = window.dash_clientside;
      if (typeof version !== "string") return [no_update, no_update];
      const others = chosen.filter((one) => one !== version);
      const ticked = others.length < chosen.length ? others : [...chosen, version];
      return [version ? ticked : [], null];
    },

    /* Stop a tab's interval while another tab is shown. */
    elsewhere(hash, id) {
      return named(hash) !== tabOf(id) || pageAt(location.pathname) !== null;
    },

    /* Go on with what one call of the server did not get done, once its answer is there. */
    goOn(done, store) {
      if (!done || !done.left) return;
      window.setTimeout(() => window.dash_clientside.set_props(store, { data: done }));
    },

    /* Empty all the panels: what they say is about something that is gone. */
    clear() {
      return [].concat(window.dash_clientside.callback_context.outputs_list).map(() => []);
    },

    /* Show the panel of the chosen one of several; the panels' ids name the choices. */
    choose(value) {
      const panels = [].concat(window.dash_clientside.callback_context.outputs_list);
      const wanted = String(value).replaceAll("_", "-");
      return panels.map(({ id }) => !id.match(`^${tabOf(id)}-${wanted}-(panel|stage)$`));
    },

    /* What a button was pressed for: the text as it is once nothing works on it any more. */
    order(_presses, text) {
      const { callback_context, no_update } = window.dash_clientside;
      const pressed = callback_context.triggered.some((t) => t.prop_id.endsWith(".n_submit"));
      return pressed ? { text, at: Date.now() } : no_update;
    },

    /* Keep the text of a form for a reload, if it is none that could fill the storage. */
    remember(text, hash) {
      recalled = true; // there is something newer than what was kept
      if (typeof text !== "string" || text.length > MOST_TEXT) return null;
      return { text, from: asked(hash) };
    },

    /* Put the kept text back once, unless the address asks for something else. */
    recall(_since, kept, text, hash) {
      const { no_update } = window.dash_clientside;
      const first = !recalled;
      recalled = true;
      const sound = kept && typeof kept.text === "string" && kept.text.length <= MOST_TEXT;
      if (!first || !sound || kept.text === text) return no_update;
      return asked(hash) && asked(hash) !== kept.from ? no_update : kept.text;
    },

    /* Let a message go some time after the newest one has come. */
    leave(_text, open) {
      window.clearTimeout(leaving);
      const close = () => window.dash_clientside.set_props("shell-message-toast", { is_open: false });
      if (open) leaving = window.setTimeout(close, MESSAGE);
    },

    /* A question overtakes the answer to the one before: a server that takes longer than the time
       between two would never be heard. */
    backOff(asked, heard) {
      return asked - (heard || 0) > 2 ? PATIENT_POLL : window.dash_clientside.no_update;
    },

    heard() {
      heardAt = Date.now();
      document.documentElement.removeAttribute("data-offline");
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { pcdash: clientside });

  /* -- tools: buttons with data-tool ---------------------------------------------------------- */

  function drawer() {
    return document.querySelector("[data-drawer]");
  }

  function openDrawer() {
    drawer().classList.add("open");
    document.body.classList.add("drawer-is-open");
    const first = drawer().querySelector("input:checked, input, select, button");
    if (first) first.focus();
  }

  function closeDrawer() {
    if (!drawer()) return;
    drawer().classList.remove("open");
    document.body.classList.remove("drawer-is-open");
  }

  function plotOf(button) {
    const graph = document.getElementById(button.getAttribute("data-graph"));
    return graph && graph.querySelector(".js-plotly-plot");
  }

  const tools = {
    theme: () => window.pcdashTheme.toggle(),
    "open-drawer": openDrawer,
    "close-drawer": closeDrawer,
    "reset-camera": (button) => {
      const plot = plotOf(button);
      if (plot && window.Plotly) window.Plotly.relayout(plot, { "scene.camera": CAMERA });
    },
    /* The fitted surface is the only mesh of the scene. */
    "toggle-surface": (button) => {
      const plot = plotOf(button);
      const traces = (plot && window.Plotly && plot.data) || [];
      const place = traces.findIndex((trace) => trace.type === "mesh3d");
      if (place < 0) return;
      window.Plotly.restyle(plot, { visible: traces[place].visible === false }, [place]);
    },
    /* Select the line of a text that a button names, and bring it into view. */
    "show-line": (button) => {
      const area = document.getElementById(button.getAttribute("data-target"));
      const rows = area.value.split("\n");
      const line = Math.min(Math.max(Number(button.value) - 1, 0), rows.length - 1);
      const start = rows.slice(0, line).reduce((sum, row) => sum + row.length + 1, 0);
      area.focus();
      area.setSelectionRange(start, start + rows[line].length);
      area.scrollTop = Math.max(0, line - 3) * parseFloat(getComputedStyle(area).lineHeight);
    },
    "full-screen": (button) => {
      if (document.fullscreenElement) document.exitFullscreen();
      else button.closest(".view").requestFullscreen();
    },
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const tool = event.target.closest("[data-tool]");
    if (tool) tools[tool.getAttribute("data-tool")](tool);
    const pick = event.target.closest("[data-pick-store]");
    if (pick) {
      mark(pick);
      window.dash_clientside.set_props(pick.getAttribute("data-pick-store"), {
        data: pick.getAttribute("data-pick") ?? pick.value,
      });
      if (pick.hasAttribute("data-pick-scroll")) window.scrollTo({ top: 0 });
    }
    const link = event.target.closest("a[href^='#']:not([href='#'])"); // "#" is a pager's
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    if (link && plain && pageAt(location.pathname)) {
      event.preventDefault();
      goHome(link.getAttribute("href"));
    }
    if (event.target.matches(".drawer-is-open, .drawer-is-open main")) closeDrawer();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeDrawer();
    /* Enter sends a form: what was typed last counts from when its field is left. */
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      event.target.blur();
      event.target.focus();
    }
  });

  /* A generated cloud is what the drawer was opened for. */
  document.addEventListener("submit", closeDrawer);

  /* -- a server that is gone ------------------------------------------------------------------ */

  /* The page may only be late itself, or the server busy: ask before saying that it is gone. */
  async function answers() {
    try {
      const limit = AbortSignal.timeout(PATIENCE);
      return (await fetch("/health/live", { cache: "no-store", signal: limit })).ok;
    } catch {
      return false;
    }
  }

  document.addEventListener("visibilitychange", () => {
    heardAt = Date.now();
  });
  window.setInterval(async () => {
    const page = document.documentElement;
    const silent = () => Date.now() - heardAt > SILENCE;
    const watched = document.visibilityState === "visible" && !page.hasAttribute("data-offline");
    if (asking || !watched || !silent()) return;
    asking = true;
    if (await answers()) heardAt = Date.now();
    else if (silent()) page.setAttribute("data-offline", ""); // until the next status is heard
    asking = false;
  }, 500);

  window.pcdashPage = { closeDrawer };
})();
