//! An MCP client that comes back when the server does.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation},
    service::RunningService,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::Value;
use tokio::time::sleep;

use protocol::{Token, VERSION};

use crate::http;

/// Tries to reach a server that went away, one a second.
const TRIES: u32 = 60;

/// A connection to the MCP endpoint of a Staffel.
pub struct Client {
    endpoint: String,
    token: Option<Token>,
    service: RunningService<RoleClient, ClientConfig>,
}

impl Client {
    /// Connects to the Staffel that has this MCP endpoint.
    pub async fn connect(endpoint: &str, token: Option<Token>) -> Result<Self> {
        Ok(Self {
            service: connect(endpoint, token.as_ref()).await?,
            endpoint: endpoint.to_owned(),
            token,
        })
    }

    /// Calls a tool and answers with its structured content. A lost connection is made again and the call
    /// repeated: no tool that the demo calls does any harm twice.
    pub async fn call(&mut self, tool: &'static str, arguments: Value) -> Result<Value> {
        let arguments = arguments
            .as_object()
            .cloned()
            .context("arguments are an object")?;
        let mut tries = 0;
        loop {
            let request = CallToolRequestParams::new(tool).with_arguments(arguments.clone());
            match self.service.call_tool(request).await {
                Ok(result) if result.is_error == Some(true) => {
                    let text = result
                        .content
                        .first()
                        .and_then(|content| content.as_text())
                        .map(|text| text.text.clone());
                    bail!("{tool} was refused: {}", text.unwrap_or_default());
                }
                Ok(result) => {
                    return result
                        .structured_content
                        .context("the answer has structured content");
                }
                Err(error) if tries == TRIES => {
                    return Err(error).context("the server does not come back");
                }
                Err(_) => {
                    if tries == 0 {
                        println!("           … the server is away; waiting for it to come back");
                    }
                    tries += 1;
                    sleep(Duration::from_secs(1)).await;
                    if let Ok(service) = connect(&self.endpoint, self.token.as_ref()).await {
                        self.service = service;
                    }
                }
            }
        }
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server may be gone already; then there is nothing left to end.
        let _ = self.service.cancel().await;
    }
}

async fn connect(
    endpoint: &str,
    token: Option<&Token>,
) -> Result<RunningService<RoleClient, ClientConfig>> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(endpoint);
    if let Some(token) = token {
        config = config.auth_header(token.reveal());
    }
    // A connection that was closed meanwhile would cost a call.
    let http = http::to_staffel(endpoint).pool_max_idle_per_host(0);
    let transport = StreamableHttpClientTransport::with_client(http::build(http)?, config);
    let me = ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("staffel-demo", VERSION),
    );
    Ok(me.serve(transport).await?)
}
