"""One module per format; each turns a RawFile into a Reading or says why it cannot."""
