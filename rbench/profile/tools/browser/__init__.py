"""The ``browser`` tool: LiteRT.js in a browser of this host. The browser is a device."""
