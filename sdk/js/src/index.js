export { Client } from "./client.js";
export {
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
} from "./errors.js";
export { API_VERSION, VERSION } from "./version.js";
export { SIGNATURE_HEADER, TOLERANCE_SECONDS, readWebhook, verifySignature } from "./webhooks.js";
