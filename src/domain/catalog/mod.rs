//! Categories, filing conditions and their limits.
