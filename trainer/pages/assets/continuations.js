// What a network for texts wrote, epoch by epoch, by hand or by itself.
"use strict";

const written = document.getElementById("continuations");

if (written) {
  const [before, after, play] = written.querySelectorAll("button"), range = written.querySelector("input");
  const epoch = written.querySelector("p"), [prompt, text] = written.querySelectorAll("pre span");
  const last = PAGE.continuations.length - 1;
  let playing = null;

  const see = place => {
    const step = PAGE.continuations[place];
    range.value = place;
    range.setAttribute("aria-valuetext", step.epoch);
    [epoch.textContent, prompt.textContent, text.textContent] = [step.epoch, step.prompt, step.text];
    before.disabled = place === 0;
    after.disabled = place === last;
  };
  const stop = () => {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  };
  const move = by => {
    stop();
    see(Math.min(last, Math.max(0, Number(range.value) + by)));
  };
  before.addEventListener("click", () => move(-1));
  after.addEventListener("click", () => move(1));
  range.addEventListener("input", () => move(0));
  play.addEventListener("click", () => {
    if (playing) return stop();
    see(Number(range.value) === last ? 0 : Number(range.value));
    play.textContent = "Pause";
    playing = setInterval(() => (Number(range.value) < last ? see(Number(range.value) + 1) : stop()), 700);
  });
  see(last);
}
