/* Clouds that turn: a canvas each, orthographic, dragged or turned by the arrow keys. */
(function () {
  "use strict";

  const SHADES = ["#365c8d", "#277f8e", "#1fa187", "#4ac16d"]; // back to front
  const STEP = 0.15; // radians for a press of an arrow key

  function points(canvas) {
    const bytes = Uint8Array.from(atob(canvas.dataset.points), (c) => c.charCodeAt(0));
    const found = [];
    for (let i = 0; i + 2 < bytes.length; i += 3) {
      found.push([0, 1, 2].map((k) => bytes[i + k] / 127.5 - 1));
    }
    return found;
  }

  function start(canvas) {
    const cloud = points(canvas);
    const view = canvas.getContext("2d");
    let turn = 0.785;
    let tilt = 0.42;

    function draw() {
      const size = canvas.clientWidth * (window.devicePixelRatio || 1);
      if (canvas.width !== size) canvas.width = canvas.height = size;
      const [ct, st, cp, sp] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
      const seen = cloud.map(([x, y, z]) => {
        const along = x * ct + y * st;
        return [y * ct - x * st, z * cp - along * sp, along * cp + z * sp];
      });
      seen.sort((a, b) => a[2] - b[2]);
      view.clearRect(0, 0, size, size);
      const dot = size / 64;
      seen.forEach(([x, y], i) => {
        view.fillStyle = SHADES[Math.floor((i * SHADES.length) / seen.length)];
        view.beginPath();
        view.arc(size * (0.5 + 0.46 * x), size * (0.5 - 0.46 * y), dot, 0, 7);
        view.fill();
      });
    }

    function by(sideways, up) {
      turn -= sideways;
      tilt = Math.min(1.57, Math.max(-1.57, tilt + up));
      draw();
    }

    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) {
        by(event.movementX / 80, event.movementY / 80);
      }
    });
    const arrows = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in arrows)) return;
      event.preventDefault();
      by(...arrows[event.key]);
    });
    window.addEventListener("resize", draw);
    draw();
  }

  document.querySelectorAll("canvas[data-points]").forEach(start);
})();
