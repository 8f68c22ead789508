//! Doors in the shapes of others, for shops that call them today: only the address changes.

pub(crate) mod twilio;
