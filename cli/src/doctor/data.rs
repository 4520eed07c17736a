//! The data folder of the server of this machine.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::{endpoint::ServerArgs, local::LocalServer, program::quoted};

use super::todo::Todo;

/// The folder with the server's data, as this program would find it.
#[derive(Debug, Serialize)]
pub struct Data {
    /// Where it is.
    pub folder: PathBuf,
    /// The agents with a valid token; none if they cannot be read.
    pub agents: Option<Vec<String>>,
}

/// Looks whose tokens are in it. It is not made where there is none.
///
/// # Errors
/// The configuration cannot be used.
pub fn look(args: &ServerArgs, local: &dyn LocalServer, todo: &mut Vec<Todo>) -> Result<Data> {
    let folder = args.data_folder(local)?;
    let agents = match local.existing_tokens(&folder) {
        Ok(tokens) => Some(tokens.map_or_else(Vec::new, |tokens| tokens.names())),
        Err(error) => {
            let file = local.token_file(&folder);
            todo.push(Todo::new(
                format!("The tokens of the agents cannot be read: {error}. The file has to be one of Staffel's, and yours to write."),
                format!("ls -l {}", quoted(&file.display().to_string())),
            ));
            None
        }
    };
    Ok(Data { folder, agents })
}
