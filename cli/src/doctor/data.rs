//! The data folder of the server of this machine.

use anyhow::Result;
use serde::Serialize;

use crate::{endpoint::ServerArgs, local::LocalServer, program::quoted};

use super::todo::Todo;

/// The folder with the server's data, as this program would find it.
#[derive(Debug, Serialize)]
pub struct Data {
    /// Where it is: a folder, or the address of a database.
    pub folder: String,
    /// The agents with a valid token; none if they cannot be read.
    pub agents: Option<Vec<String>>,
}

/// Looks whose tokens are in it. It is not made where there is none.
///
/// # Errors
/// The configuration cannot be used.
pub fn look(args: &ServerArgs, local: &dyn LocalServer, todo: &mut Vec<Todo>) -> Result<Data> {
    let data = args.data(local)?;
    let agents = match data.existing_tokens() {
        Ok(tokens) => Some(tokens.map_or_else(Vec::new, |tokens| tokens.names())),
        Err(error) => {
            todo.push(if data.folder().is_some() {
                Todo::new(
                    format!("The tokens of the agents cannot be read: {error}. The file has to be one of Staffel's, and yours to write."),
                    format!("ls -l {}", quoted(&data.name_of_tokens())),
                )
            } else {
                Todo::new(
                    format!("The tokens of the agents cannot be read: {error}."),
                    format!("psql {}", quoted(&data.name_of_tokens())),
                )
            });
            None
        }
    };
    Ok(Data {
        folder: data.name(),
        agents,
    })
}
