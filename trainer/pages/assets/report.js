// A report besides its charts: the contents follow the page, commands are copied, updates are fetched.
"use strict";

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

const links = new Map([...document.querySelectorAll("nav a")].map(link => [link.hash.slice(1), link]));
const inSight = new Set();
const follow = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) isIntersecting ? inSight.add(target.id) : inSight.delete(target.id);
  const here = [...links.keys()].find(id => inSight.has(id));
  for (const [id, link] of links) link.classList.toggle("here", id === here);
});
document.querySelectorAll("main > section").forEach(section => follow.observe(section));
if (innerWidth < 700) document.querySelector("nav details").open = false;

// A served page asks whether there is something new; the file of a running run is simply reloaded.
if (PAGE.live) {
  let known = null;
  setInterval(async () => {
    const answer = await fetch("/version").catch(() => null);
    if (!answer?.ok) return;
    const version = await answer.text();
    if (known !== null && version !== known) location.reload();
    known = version;
  }, 1000);
} else if (PAGE.seconds) {
  setTimeout(() => location.reload(), 1000 * PAGE.seconds);
}
