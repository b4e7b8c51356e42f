// Drag and drop for boards with the HTML5 API. The keyboard way is the menu on every card (components/boards.py).
import { useState } from "react";

const KIND = "application/x-atrium-card";

/** A column that accepts cards; `onMove(cardId, columnId)`. */
export function AtriumBoardColumn({ columnId, onMove, className, label, children }) {
  const [over, setOver] = useState(false);
  return (
    <section
      className={className}
      aria-label={label}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(KIND)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        setOver(true);
      }}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget) || setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const [card, from] = JSON.parse(event.dataTransfer.getData(KIND) || "[]");
        if (!card) return;
        event.preventDefault();
        if (from !== columnId) onMove && onMove(card, columnId);
      }}
    >
      {children}
    </section>
  );
}

/** A draggable card of a column. */
export function AtriumBoardCard({ cardId, columnId, className, disabled, children }) {
  const [dragged, setDragged] = useState(false);
  return (
    <li
      className={className}
      draggable={!disabled}
      data-dragged={dragged || undefined}
      onDragStart={(event) => {
        event.dataTransfer.setData(KIND, JSON.stringify([cardId, columnId]));
        event.dataTransfer.effectAllowed = "move";
        setDragged(true);
      }}
      onDragEnd={() => setDragged(false)}
    >
      {children}
    </li>
  );
}
