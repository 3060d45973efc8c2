"""Client of the Scanfleet SEO scan service.

`Client` for plain code, `AsyncClient` for asyncio; `verify_signature` and `read_webhook` for receivers of webhooks.
"""

from scanfleet_client.aio import AsyncClient
from scanfleet_client.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ScanfleetError,
    ServerError,
    SignatureError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from scanfleet_client.events import EndEvent, FindingEvent, ProgressEvent, ScanEvent, WebhookData, WebhookEvent
from scanfleet_client.models import AlertRule, BasicAuth, ScanOptions
from scanfleet_client.retry import RetryPolicy
from scanfleet_client.sync import Client
from scanfleet_client.version import API_VERSION, __version__
from scanfleet_client.webhooks import SIGNATURE_HEADER, TOLERANCE_SECONDS, read_webhook, verify_signature

__all__ = [
    "API_VERSION",
    "SIGNATURE_HEADER",
    "TOLERANCE_SECONDS",
    "AlertRule",
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "BasicAuth",
    "Client",
    "ConflictError",
    "ConnectionFailedError",
    "EndEvent",
    "FindingEvent",
    "InvalidRequestError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProgressEvent",
    "RateLimitError",
    "RequestTimeoutError",
    "RetryPolicy",
    "ScanEvent",
    "ScanOptions",
    "ScanfleetError",
    "ServerError",
    "SignatureError",
    "UnexpectedAnswerError",
    "WaitTimeoutError",
    "WebhookData",
    "WebhookEvent",
    "__version__",
    "read_webhook",
    "verify_signature",
]
