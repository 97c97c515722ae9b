"use strict";
(() => {
  const root = document.getElementById("test");
  const cards = [...root.querySelectorAll(".card")];
  const kinds = ["real", "generated"];
  const status = document.getElementById("status");
  const finish = document.getElementById("finish");
  const save = document.getElementById("save");
  let scored = null;

  const seal = (text) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    return value.toString(16).padStart(8, "0");
  };
  const truth = (card) => kinds.find((kind) => seal(`${root.dataset.salt}:${card.dataset.number}:${kind}`) === card.dataset.seal);
  const answer = (card) => (card.querySelector("input:checked") || { value: "" }).value;
  const marked = () => cards.filter(answer);

  const count = () => {
    status.textContent = `${marked().length} of ${cards.length} marked`;
  };

  const wilson = (right, n) => {
    const share = right / n, square = 1.959964 ** 2 / n;
    const half = 1.959964 * Math.sqrt((share * (1 - share)) / n + square / (4 * n));
    return [(share + square / 2 - half) / (1 + square), (share + square / 2 + half) / (1 + square)];
  };
  const percent = (share) => `${Math.round(100 * Math.min(1, Math.max(0, share)))} %`;

  const verdict = (low, high) => {
    if (low > 0.5) return "Real and generated images were told apart better than by guessing.";
    if (high < 0.5) return "Worse than guessing: the images were told apart, but taken for the opposite.";
    return "That is compatible with guessing (50 %).";
  };

  const reveal = (card) => {
    const kind = truth(card), right = kind === answer(card), note = card.querySelector(".truth");
    card.classList.add(right ? "right" : "wrong");
    note.textContent = `${right ? "✓ right" : "✗ wrong"}: it is ${kind}`;
    note.hidden = false;
    return { image: Number(card.dataset.number), class: card.dataset.label, truth: kind, answer: answer(card) };
  };

  const score = () => {
    if (scored || !marked().length) {
      status.textContent = scored ? status.textContent : "Mark at least one image first.";
      return;
    }
    const left = cards.length - marked().length;
    scored = marked().map(reveal);
    cards.forEach((card) => { card.disabled = true; });
    const n = scored.length, right = scored.filter((a) => a.truth === a.answer).length, [low, high] = wilson(right, n);
    document.getElementById("accuracy").textContent = `${right} of ${n} right: ${percent(right / n)}, 95 % interval ${percent(low)} to ${percent(high)}`;
    document.getElementById("meaning").textContent = verdict(low, high) + (left ? ` ${left} images were not marked and do not count.` : "");
    for (const kind of kinds) for (const said of kinds)
      document.getElementById(`${kind}-${said}`).textContent = scored.filter((a) => a.truth === kind && a.answer === said).length;
    const section = document.getElementById("score");
    section.hidden = false;
    finish.hidden = true;
    status.textContent = `scored: ${right} of ${n} right`;
    section.querySelector("h2").focus();
  };

  const answers = () => JSON.stringify({ kind: root.dataset.kind, version: Number(root.dataset.version),
    data: root.dataset.name, test: root.dataset.salt, images: cards.length, answers: scored }, null, 1);

  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([answers()], { type: "application/json" }));
    link.download = "experts-answers.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const press = (event) => {
    const kind = { r: "real", g: "generated" }[event.key.toLowerCase()];
    if (!kind || scored || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = Math.max(0, cards.indexOf(document.activeElement.closest(".card")));
    const input = cards[at].querySelector(`input[value="${kind}"]`);
    input.checked = true;
    count();
    event.preventDefault();
    const next = cards.slice(at + 1).concat(cards.slice(0, at)).find((card) => !answer(card));
    (next ? next.querySelector("input") : finish).focus();
  };

  root.addEventListener("change", count);
  document.addEventListener("keydown", press);
  finish.addEventListener("click", score);
  save.addEventListener("click", download);
  count();
})();
