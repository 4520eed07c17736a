(wasm, js, paintedWithin) => {
  let begun = false;
  const pressed = new Set();
  const note = (event) => {
    const form = event.type === 'submit';
    if (form) event.preventDefault();
    const what = form ? event.target : event.target.closest('button[type=button]');
    if (what) pressed.add(what);
  };
  const begin = async () => {
    if (begun) return;
    begun = true;
    const program = fetch(wasm);
    const staffel = await import(js);
    await staffel.default({ module_or_path: program });
    await staffel.hydrate();
    removeEventListener('click', note, true);
    removeEventListener('submit', note, true);
    for (const what of pressed) what.requestSubmit ? what.requestSubmit() : what.click();
  };
  addEventListener('click', note, true);
  addEventListener('submit', note, true);
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, document.hidden ? 0 : paintedWithin);
};
