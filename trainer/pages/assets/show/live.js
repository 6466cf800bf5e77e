// On its own server the page takes the run's new weights as soon as there are any.

const OFTEN = 1000; // milliseconds between two requests

let version = PAGE.live; // of the weights; empty if the page is a file
let following = version && setTimeout(followRun, OFTEN);

async function followRun() {
  try {
    const newest = await (await fetch("/version")).json();
    if (newest.version !== version) {
      const { weights, about } = await (await fetch("/weights")).json();
      version = newest.version;
      network.load(unpacked(weights));
      document.getElementById("about").textContent = about.join(" · ");
      renew();
    }
    following = setTimeout(followRun, OFTEN);
  } catch {
    say("The server has ended, or the run is gone; this page keeps the weights that it has.");
  }
}
