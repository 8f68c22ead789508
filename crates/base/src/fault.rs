//! How things go wrong, in one shape: a kind that the doors translate, a stable code, one plain sentence, the field at fault.

use std::fmt;

/// The class of a fault; each door has one answer for each (HTTP status, exit code).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// What was asked makes no sense as written. HTTP 422, exit 2.
    Invalid,
    /// Nobody known is asking. HTTP 401, exit 4.
    Unauthenticated,
    /// Known, but not allowed. HTTP 403, exit 4.
    Forbidden,
    /// HTTP 404, exit 3.
    NotFound,
    /// It makes sense, but not in the state things are in. HTTP 409, exit 5.
    Conflict,
    /// Too much, too often, too large. HTTP 429, exit 6.
    Limited,
    /// Something needed is not there now; try again. HTTP 503, exit 7.
    Unavailable,
    /// Our mistake. HTTP 500, exit 1.
    Internal,
}

/// An error as users meet it. The message never holds personal data in the clear.
#[derive(Clone)]
pub struct Fault {
    pub kind: FaultKind,
    /// Stable, `snake_case`, listed in `docs/reference/errors.md`.
    pub code: &'static str,
    /// One plain sentence.
    pub message: String,
    /// The input field at fault, as the caller named it.
    pub field: Option<String>,
    /// Facts the caller can act on (`blocking_act`, `retry_at`, …).
    pub details: serde_json::Map<String, serde_json::Value>,
    /// For the log only: what lies beneath.
    pub cause: Option<String>,
}

impl Fault {
    pub fn new(kind: FaultKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            field: None,
            details: serde_json::Map::new(),
            cause: None,
        }
    }

    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Invalid, code, message)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FaultKind::NotFound, code, message)
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Conflict, code, message)
    }

    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Forbidden, code, message)
    }

    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Unavailable, code, message)
    }

    /// Our mistake: the caller reads a plain sentence, the log gets the cause.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut fault = Self::new(
            FaultKind::Internal,
            "internal",
            "Something went wrong on our side; the log of this request says what.",
        );
        fault.cause = Some(cause.to_string());
        fault
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        match (&self.cause, self.kind) {
            (Some(cause), FaultKind::Internal | FaultKind::Unavailable) => write!(f, " ({cause})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self, self.code)
    }
}

impl std::error::Error for Fault {}
