// Filters that would fill a phone's screen: folded behind a button there (components.css), always open elsewhere.
import { Children, useId, useState } from "react";

/** The first child is the button's picture, the rest is what folds. */
export function AtriumFolding({ label, count = 0, className, children }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const [picture, ...rest] = Children.toArray(children);
  return (
    <>
      <button type="button" className="button button-secondary button-sm folding-button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {picture}
        <span className="button-text">{label}</span>
        {count > 0 ? <span className="folding-count">{new Intl.NumberFormat(document.documentElement.lang || "en").format(count)}</span> : null}
      </button>
      <div id={id} className={className} data-open={open}>
        {rest}
      </div>
    </>
  );
}
