"""How fast, and why: engines side by side, how near the machine's limit, what decoding costs in
passes."""
