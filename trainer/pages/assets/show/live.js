// On its own server the page takes the run's newer weights as soon as there are any.

const OFTEN = 1000; // milliseconds between two questions

async function follow_run() {
  let version = PAGE.live;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, OFTEN));
    try {
      const { version: newest } = await (await fetch("/version")).json();
      if (newest === version) continue;
      const { weights, about } = await (await fetch("/weights")).json();
      version = newest;
      network.load(unpacked(weights));
      document.getElementById("about").textContent = about.join(" · ");
      renew();
    } catch {
      say("the server has ended; this page goes on with the weights it has");
      return;
    }
  }
}

if (PAGE.live) follow_run();
