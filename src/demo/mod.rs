//! The demo crowd.
