// Dialogs: what is asked or shown in front of everything else.

import { Button, ErrorBox, regainFocus, useId } from "./ui.js";
import { html, render, useEffect, useLayoutEffect, useRef } from "./vendor/htm-preact/standalone.module.js";

/**
 * A modal dialog. It closes by Escape, its button, or `onClose`; the focus goes back to where it was. It is drawn at the
 * end of the body: a dialog that is moved leaves the top layer, and is open but neither modal nor in front.
 */
export function Dialog(props) {
  const root = useRef(null);
  useLayoutEffect(() => {
    root.current = document.body.appendChild(document.createElement("div"));
    return () => {
      render(null, root.current);
      root.current.remove();
      regainFocus();
    };
  }, []);
  // Not after the paint: effects that are asked for while others run are forgotten.
  useLayoutEffect(() => render(html`<${Modal} ...${props} />`, root.current));
  return null;
}

function Modal({ title, onClose, children, closable = true }) {
  const id = useId();
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
    return () => dialog.current?.close();
  }, []);
  const cancel = (event) => (event.preventDefault(), closable && onClose());
  // Chrome lets a page refuse one cancellation; the next Escape closes the dialog, unless its key is taken.
  const key = (event) => event.key === "Escape" && !closable && event.preventDefault();
  return html`<dialog ref=${dialog} aria-labelledby=${id} onCancel=${cancel} onKeyDown=${key}>
    <header><h2 id=${id}>${title}</h2>
      ${closable && html`<${Button} kind="quiet icon" aria-label="Close" onClick=${onClose}>✕<//>`}</header>
    ${children}
  </dialog>`;
}

/** Ask before something that can't be undone. */
export function Confirm({ title, children, action, busy, error, onYes, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <div class="stack">${children}<${ErrorBox} error=${error} /></div>
    <footer class="actions"><${Button} onClick=${onClose}>Cancel<//>
      <${Button} kind="danger" busy=${busy} onClick=${onYes}>${action}<//></footer>
  <//>`;
}
