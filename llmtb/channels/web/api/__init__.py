"""The console for other systems: keys, signed reports, exports, health and figures."""
