//! Bulk import: order files become canonical rows, and canonical rows become customers with a history.

pub mod files;
mod import;

pub use import::{
    Handler, Import, ImportView, Imports, Input, JOB_KIND, MIGRATIONS, Progress, Rejected, Request, State,
    Summary, Totals, Upload,
};
