"""Where the journal's rows live: one contract (`store`), one module for each place.

The stores stand on the recorders of the `eventsourcing` library, whose tools can therefore read a
journal. Importing the library wraps `dataclasses._process_class` for the whole process; the wrapper
only keeps the library's own classes from being processed twice, and leaves all others alone.
"""
