//! The parts that pages are made of. Each is a pure function from plain values to markup.
//!
//! No part writes a `style` or an `on…` attribute: the content security policy forbids both, and a test over every page holds it.

pub mod badge;
pub mod chart;
pub mod compare;
pub mod dialog;
pub mod evidence;
pub mod figure;
pub mod form;
pub mod header;
pub mod icon;
pub mod notice;
pub mod number;
pub mod progress;
pub mod search_box;
pub mod shell;
pub mod table;
pub mod timeline;
