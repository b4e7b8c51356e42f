// Dialogs, drawers and menus: native <dialog> and the popover API carry focus, Esc and layering;
// this file only adds what HTML has no attribute for (controlled opening, arrow keys, placement).
import { useEffect, useId, useRef } from "react";

/** Modal dialog or drawer. `open` is controlled; `onClose` fires on Esc, backdrop and [data-close]. */
export function AtriumDialog({ open, onClose, labelledBy, describedBy, className, dismissible = true, children, ...rest }) {
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      dialog.showModal();
      // A form is opened to be filled in: start in its first field, not on the close button.
      dialog.querySelector("[data-body] :is(input, select, textarea):not([type=hidden], :disabled)")?.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  const close = () => onClose && onClose();
  return (
    <dialog
      ref={ref}
      className={className}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      onCancel={(event) => {
        event.preventDefault();
        if (dismissible) close();
      }}
      onClick={(event) => {
        const backdrop = event.target === ref.current;
        if ((backdrop && dismissible) || event.target.closest?.("[data-close]")) close();
      }}
      {...rest}
    >
      {open ? children : null}
    </dialog>
  );
}

const items = (menu) => [...menu.querySelectorAll('[role^="menuitem"]:not([disabled]):not([aria-disabled="true"])')];

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const rtl = getComputedStyle(anchor).direction === "rtl";
  const { offsetWidth: width, offsetHeight: height } = menu;
  const wanted = (menu.dataset.align === "end") !== rtl ? box.right - width : box.left;
  const below = box.bottom + 4 + height <= innerHeight || box.top < height + 8;
  menu.style.left = `${Math.max(8, Math.min(wanted, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? box.bottom + 4 : box.top - height - 4}px`;
}

/** Wraps a trigger button and a [role=menu] element (in this order) into a dropdown menu. */
export function AtriumMenu({ children, className }) {
  const root = useRef(null);
  const id = useId();
  useEffect(() => {
    const trigger = root.current.querySelector("button, summary, a");
    const menu = root.current.querySelector('[role="menu"]');
    if (!trigger || !menu) return;
    menu.id ||= `menu${id.replace(/\W/g, "")}`;
    menu.setAttribute("popover", "auto");
    trigger.setAttribute("aria-haspopup", "menu");
    trigger.setAttribute("aria-expanded", "false");
    trigger.setAttribute("aria-controls", menu.id);
    const isOpen = () => menu.matches(":popover-open");
    const show = (last) => {
      if (trigger.disabled) return;
      menu.showPopover();
      place(menu, trigger);
      const all = items(menu);
      (last ? all.at(-1) : all[0])?.focus();
    };
    // Light dismiss closes the menu before the click arrives, which would open it again: remember the press.
    let wasOpen = false;
    const onPointerDown = () => (wasOpen = isOpen());
    const onPress = (event) => {
      event.stopPropagation();
      if (isOpen()) menu.hidePopover();
      else if (event.detail === 0 || !wasOpen) show();
      wasOpen = false;
    };
    const onTriggerKey = (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      show(event.key === "ArrowUp");
    };
    const onMenuKey = (event) => {
      const all = items(menu);
      const at = all.indexOf(document.activeElement);
      const goal = { ArrowDown: all[(at + 1) % all.length], ArrowUp: all[(at - 1 + all.length) % all.length], Home: all[0], End: all.at(-1) }[event.key];
      if (goal) {
        event.preventDefault();
        goal.focus();
      } else if (event.key === "Tab") menu.hidePopover();
      else if (event.key === "Escape") {
        event.stopPropagation();
        menu.hidePopover();
        trigger.focus();
      } else if (event.key.length === 1) {
        const hit = [...all.slice(at + 1), ...all].find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
        hit?.focus();
      }
    };
    // Not stopped: React hears of the click further up, at the document's root.
    const onChoose = (event) => {
      const item = event.target.closest('[role^="menuitem"]');
      if (!item) return;
      menu.hidePopover();
      trigger.focus();
    };
    const onToggle = (event) => trigger.setAttribute("aria-expanded", String(event.newState === "open"));
    const onScroll = (event) => isOpen() && !menu.contains(event.target) && menu.hidePopover();
    trigger.addEventListener("pointerdown", onPointerDown);
    trigger.addEventListener("click", onPress);
    trigger.addEventListener("keydown", onTriggerKey);
    menu.addEventListener("keydown", onMenuKey);
    root.current.addEventListener("click", onChoose);
    menu.addEventListener("toggle", onToggle);
    addEventListener("scroll", onScroll, true);
    const element = root.current;
    return () => {
      trigger.removeEventListener("pointerdown", onPointerDown);
      trigger.removeEventListener("click", onPress);
      trigger.removeEventListener("keydown", onTriggerKey);
      menu.removeEventListener("keydown", onMenuKey);
      element.removeEventListener("click", onChoose);
      menu.removeEventListener("toggle", onToggle);
      removeEventListener("scroll", onScroll, true);
    };
  }, []);
  return (
    <div ref={root} className={className}>
      {children}
    </div>
  );
}
