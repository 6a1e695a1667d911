//! Routing: which department has to act, decided from the responsibility matrix, with a trace.
