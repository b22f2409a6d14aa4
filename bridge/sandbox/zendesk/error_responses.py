"""The answers in which Zendesk says no, each with the status and body of the real one."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An API error; the Flask application turns it into its JSON answer."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def record_invalid(field: str, description: str, **more: object) -> Refusal:
    """422: a rule of state or a value was broken."""
    details = {field: [{"description": description, **more}]}
    return Refusal(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def not_found() -> Refusal:
    return Refusal(404, {"error": "RecordNotFound", "description": "Not found"})


def bad_request(error: str, description: str) -> Refusal:
    return Refusal(400, {"error": error, "description": description})


def update_conflict() -> Refusal:
    """409. Only name and status are safe to match: the text of the real one is not published."""
    text = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data."
    return Refusal(409, {"error": "UpdateConflict", "description": text})


def too_many(description: str, retry_after: int) -> Refusal:
    return Refusal(
        429, {"error": "APIRateLimitExceeded", "description": description}, {"Retry-After": str(retry_after)}
    )


def too_many_values(most: int) -> Refusal:
    text = f"Parameter  cannot specify more than {most} values"
    return Refusal(400, {"error": "TooManyValues", "description": text, "max_count": most})


def unauthorized(bearer: bool) -> Refusal:
    if not bearer:
        return Refusal(401, {"error": "Couldn't authenticate you"})
    text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
    return Refusal(401, {"error": "invalid_token", "error_description": text})


def out_of_scope(wanted: str) -> Refusal:
    text = f"Missing the following required scopes: {wanted}"
    return Refusal(403, {"error": "Forbidden", "description": text})
