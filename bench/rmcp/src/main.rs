//! What rmcp on axum can do when a tool does next to nothing: Staffel's ceiling.

mod pipeline;

use std::sync::Arc;

use axum::{Router, serve::ListenerExt};
use pipeline::Pipelines;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::schema_for_input,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, SubscriptionFilter, Tool,
    },
    service::{RequestContext, SubscriptionContext},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpListener;

// Staffel's: the comparison is of what is built on rmcp, not of allocators.
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::ALLOCATOR;

#[derive(Clone)]
struct Handler {
    pipelines: Arc<Pipelines>,
    tools: Arc<[Tool]>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    allocator::give_back_at_once();
    let handler = Handler {
        pipelines: Arc::default(),
        tools: tools(),
    };
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::<LocalSessionManager>::default(),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    // Without this, Nagle's algorithm holds every answer back for 40 ms.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, Router::new().route_service("/mcp", service)).await
}

fn tools() -> Arc<[Tool]> {
    [
        Tool::new(
            "start_pipeline",
            "Starts a pipeline.",
            schema_for_input::<pipeline::Start>().unwrap_or_default(),
        ),
        Tool::new(
            "get_pipeline_status",
            "The status of a pipeline.",
            schema_for_input::<pipeline::Get>().unwrap_or_default(),
        ),
        Tool::new(
            "update_pipeline_status",
            "Reports progress.",
            schema_for_input::<pipeline::Update>().unwrap_or_default(),
        ),
    ]
    .into()
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_tools()
                .enable_resources()
                .enable_resources_subscribe()
                .build(),
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult {
            tools: self.tools.to_vec(),
            ..ListToolsResult::default()
        })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let given = request.arguments.unwrap_or_default().into();
        let status = match request.name.as_ref() {
            "start_pipeline" => Some(self.pipelines.start(parse(given)?)),
            "get_pipeline_status" => self.pipelines.get(&parse(given)?),
            "update_pipeline_status" => self.pipelines.update(&parse(given)?),
            _ => return Err(ErrorData::invalid_params("no such tool", None)),
        };
        let status = status.ok_or_else(|| ErrorData::invalid_params("no such pipeline", None))?;
        let mut result = CallToolResult::success(vec![ContentBlock::text(status.line())]);
        result.structured_content = serde_json::to_value(&status).ok();
        Ok(result.into())
    }

    fn accepted_subscription_filter(
        &self,
        asked: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(asked.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        subscription.cancelled().await;
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(given: Value) -> Result<T, ErrorData> {
    serde_json::from_value(given)
        .map_err(|error| ErrorData::invalid_params(error.to_string(), None))
}
