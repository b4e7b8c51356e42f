"""What every page stands in: guard, session, actions, frame, language, theme and live updates."""
