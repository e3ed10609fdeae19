"""How far an answer can be trusted: label sets, strangers, the quality of the scan."""
