// Wizards: the title of the open step takes the focus when another step opens, so that keyboard and screen reader go on there.
import { useEffect, useRef } from "react";

export function AtriumStepTitle({ step, className, children }) {
  const title = useRef(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    title.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step]);
  useEffect(() => {
    // The browser's own "back" takes the step away with the field in it: leave the field first, which keeps what was typed.
    const leave = () => document.activeElement?.blur?.();
    window.addEventListener("popstate", leave);
    return () => window.removeEventListener("popstate", leave);
  }, []);
  return (
    <h2 ref={title} tabIndex={-1} className={className}>
      {children}
    </h2>
  );
}
