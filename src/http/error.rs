//! (temporary, the API engineer replaces this file)
use axum::response::{IntoResponse, Response};
#[derive(Debug)]
pub(crate) struct ApiError;
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        axum::http::StatusCode::NOT_FOUND.into_response()
    }
}
