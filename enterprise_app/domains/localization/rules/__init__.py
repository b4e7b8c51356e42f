"""Pure formatting and parsing by CLDR."""
