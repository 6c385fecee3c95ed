//! Insight Journey.
