/// The whole table of error codes that a client can see, with the HTTP status and the sentence of each.
///
/// swagger.yaml carries the same table. Nothing else in the product maps an error to a status.
package enum ErrorCode: String, CaseIterable, Sendable {
    case malformedJSON = "MALFORMED_JSON"
    case badRequest = "BAD_REQUEST"
    case tokenMissing = "TOKEN_MISSING"
    case tokenInvalid = "TOKEN_INVALID"
    case tokenExpired = "TOKEN_EXPIRED"
    case tokenRevoked = "TOKEN_REVOKED"
    case invalidCredentials = "INVALID_CREDENTIALS"
    case forbidden = "FORBIDDEN"
    case tenantSuspended = "TENANT_SUSPENDED"
    case fileInfected = "FILE_INFECTED"
    case notFound = "NOT_FOUND"
    case userNotFound = "USER_NOT_FOUND"
    case tenantNotFound = "TENANT_NOT_FOUND"
    case documentNotFound = "DOCUMENT_NOT_FOUND"
    case fileNotFound = "FILE_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case emailTaken = "EMAIL_TAKEN"
    case alreadyMember = "ALREADY_MEMBER"
    case lastAdmin = "LAST_ADMIN"
    case fileInUse = "FILE_IN_USE"
    case conflict = "CONFLICT"
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case validationError = "VALIDATION_ERROR"
    case digestMismatch = "DIGEST_MISMATCH"
    case noFile = "NO_FILE"
    case emptyFile = "EMPTY_FILE"
    case quotaExceeded = "QUOTA_EXCEEDED"
    case rateLimited = "RATE_LIMITED"
    case tooManyUploads = "TOO_MANY_UPLOADS"
    case internalError = "INTERNAL_ERROR"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"
    case storageUnavailable = "STORAGE_UNAVAILABLE"
    case timeout = "TIMEOUT"
    case insufficientStorage = "INSUFFICIENT_STORAGE"

    /// The HTTP status of an answer with this code.
    package var status: Int {
        switch self {
        case .malformedJSON, .badRequest: 400
        case .tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked, .invalidCredentials: 401
        case .forbidden, .tenantSuspended, .fileInfected: 403
        case .notFound, .userNotFound, .tenantNotFound, .documentNotFound, .fileNotFound: 404
        case .methodNotAllowed: 405
        case .emailTaken, .alreadyMember, .lastAdmin, .fileInUse, .conflict: 409
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .validationError, .digestMismatch, .noFile, .emptyFile, .quotaExceeded: 422
        case .rateLimited, .tooManyUploads: 429
        case .internalError: 500
        case .serviceUnavailable, .storageUnavailable: 503
        case .timeout: 504
        case .insufficientStorage: 507
        }
    }

    /// The sentence sent when the caller has no better one. Safe for anyone to read.
    package var message: String {
        switch self {
        case .malformedJSON: "The request body is not valid JSON."
        case .badRequest: "The request is malformed."
        case .tokenMissing: "An access token is required."
        case .tokenInvalid: "The token is not valid."
        case .tokenExpired: "The token has expired."
        case .tokenRevoked: "The token has been revoked."
        case .invalidCredentials: "Email or password is wrong."
        case .forbidden: "Your role does not allow this."
        case .tenantSuspended: "This tenant is suspended."
        case .fileInfected: "The virus scanner has found something in this file; it cannot be downloaded."
        case .notFound: "There is nothing at this address."
        case .userNotFound: "There is no such user."
        case .tenantNotFound: "There is no such tenant."
        case .documentNotFound: "There is no such document."
        case .fileNotFound: "There is no such file."
        case .methodNotAllowed: "This address does not support the method."
        case .emailTaken: "A user with this email exists already."
        case .alreadyMember: "The user is a member of this tenant already."
        case .lastAdmin: "A tenant keeps at least one admin."
        case .fileInUse: "Documents still refer to this file."
        case .conflict: "The request conflicts with the present state."
        case .payloadTooLarge: "The request body is too large."
        case .unsupportedMediaType: "This content type is not supported here."
        case .validationError: "Some fields are not valid."
        case .digestMismatch: "The file does not match the digest sent with it."
        case .noFile: "The form has no part named file."
        case .emptyFile: "The file is empty."
        case .quotaExceeded: "The tenant's storage quota is used up."
        case .rateLimited: "Too many requests; try again later."
        case .tooManyUploads: "Too many uploads at once; try again shortly."
        case .internalError: "Something went wrong on our side."
        case .serviceUnavailable: "The service is not available right now; try again shortly."
        case .storageUnavailable: "Storage is not available right now; try again shortly."
        case .timeout: "The request took too long."
        case .insufficientStorage: "There is no space left to take the upload."
        }
    }

    /// Seconds for a `Retry-After` header; nil when trying again does not help.
    package var retryAfterSeconds: Int? {
        switch self {
        case .rateLimited, .serviceUnavailable, .storageUnavailable: 5
        case .tooManyUploads: 2
        default: nil
        }
    }
}
