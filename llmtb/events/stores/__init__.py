"""Where the journal's rows live: one contract (`store`), one module for each place."""
