// A clock for pages whose numbers get old by themselves: it stands still while nobody looks.
import { useEffect, useRef } from "react";

/** Calls onTick every `every` seconds while the tab is visible. */
export function AtriumTick({ every = 10, onTick }) {
  const tick = useRef(onTick);
  tick.current = onTick;
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick.current?.(), every * 1000);
    return () => clearInterval(timer);
  }, [every]);
  return null;
}
