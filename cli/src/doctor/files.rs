//! The files of all clients.

use std::path::Path;

use crate::{
    clients::{CLIENTS, Client, Scope},
    commands::Commands,
    endpoint::Endpoint,
};

use super::{
    entry::Look,
    file::{File, State},
    found::Found,
    server::Server,
    todo::Todo,
};

/// Looks at both files of every client.
pub async fn look(
    here: &Path,
    endpoint: &Endpoint,
    server: &Server,
    commands: &Commands,
    todo: &mut Vec<Todo>,
) -> Vec<File> {
    let mut files = Vec::new();
    for client in &CLIENTS {
        let global = client.global.path();
        // Here may be the home folder.
        let project = client.project_file(here);
        let project = project.filter(|path| Some(path) != global.as_ref());
        let project = project.map(|path| (Scope::Project, path));
        let global = global.map(|path| (Scope::Global, path));
        for (scope, path) in project.into_iter().chain(global) {
            let before = todo.len();
            let found = Found::read(client, &path);
            let look = Look {
                client,
                scope,
                found: &found,
                path: &found.path,
                endpoint,
                server,
                commands,
            };
            let state = look.state(todo).await;
            files.push(File {
                client: client.name,
                title: client.title,
                scope: match scope {
                    Scope::Project => "project",
                    Scope::Global => "global",
                },
                path: found.path,
                two: found.two,
                state,
                well: todo.len() == before,
            });
        }
    }
    if !files.iter().any(reaches) {
        let names: Vec<_> = CLIENTS[1..].iter().map(|client| client.name).collect();
        todo.push(Todo::new(
            format!(
                "No assistant knows this server. Connect yours (or {}):",
                names.join(", ")
            ),
            commands.connect(&CLIENTS[0], CLIENTS[0].usual),
        ));
    }
    files
}

/// Whether the file leads to the server that was asked about.
fn reaches(file: &File) -> bool {
    matches!(
        file.state,
        State::Staffel {
            this_server: true,
            ..
        }
    )
}

/// The clients that know this server.
pub fn of_this_server(files: &[File]) -> impl Iterator<Item = &'static Client> {
    let knows = |client: &&Client| {
        let mut own = files.iter().filter(|file| file.client == client.name);
        own.any(reaches)
    };
    CLIENTS.iter().filter(knows)
}
