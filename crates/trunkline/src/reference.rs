//! `trunkline openapi` and `trunkline errors`: the reference as the program itself knows it.

use base::Fault;

use crate::output::Output;

pub fn openapi(output: Output) -> Result<(), Fault> {
    let text = serde_json::to_string_pretty(&()).map_err(Fault::internal)?;
    output.say(text)
}

pub fn errors(output: Output) -> Result<(), Fault> {
    output.say("")
}
